namespace Iba.Hosting;

/// <summary>As many requests wait as may; the request was not taken. A web service answers with status 429, and <c>Retry-After</c>.</summary>
public sealed class IbaQueueFullException : InvalidOperationException
{
    internal IbaQueueFullException(int length, TimeSpan retryAfter)
        : base($"{length} requests wait for the explainer already, which is as many as may ({nameof(IbaServiceOptions.QueueLength)}): try again in {retryAfter.TotalSeconds:F0} s.")
        => RetryAfter = retryAfter;

    /// <summary>About how long the requests that wait will take; at least a second.</summary>
    public TimeSpan RetryAfter { get; }
}

namespace Iba.Hosting;

/// <summary>Options of <see cref="IbaService"/>.</summary>
public sealed class IbaServiceOptions
{
    /// <summary>The explainer's zip, as <see cref="IbaExplainer.Save"/>, <c>mlContext.Model.Save</c> and <c>iba fit</c> write it. Required.</summary>
    public string File { get; set; } = "";

    /// <summary>
    /// How many requests may wait while one is explained; the next one gets a <see cref="IbaQueueFullException"/> at once. Waiting requests hold what was
    /// sent. 0 to 10,000; default 16.
    /// </summary>
    public int QueueLength { get; set; } = 16;

    /// <summary>libtorch's threads. Null (default): all processors. At least 1.</summary>
    public int? Threads { get; set; }

    /// <summary>Pictures of more pixels are refused before they are decoded: a small file can promise many. At least 1; default 50,000,000.</summary>
    public long MaximumPixels { get; set; } = 50_000_000;

    internal IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(File)) yield return $"{nameof(File)} is not set; it names the explainer's zip.";
        if (QueueLength is < 0 or > 10_000) yield return $"{nameof(QueueLength)} is {QueueLength}; allowed: 0 to 10,000.";
        if (Threads < 1) yield return $"{nameof(Threads)} is {Threads}; allowed: at least 1, or null.";
        if (MaximumPixels < 1) yield return $"{nameof(MaximumPixels)} is {MaximumPixels}; allowed: at least 1.";
    }
}

namespace Iba.Hosting;

/// <summary>Names for <c>System.Diagnostics.Metrics</c>; what listens to them (<c>dotnet-counters</c>, OpenTelemetry) is the application's choice.</summary>
public static class IbaMetrics
{
    /// <summary>The meter, "Iba.Hosting".</summary>
    public const string MeterName = "Iba.Hosting";

    /// <summary>Counter: requests; the tag <c>outcome</c> is <c>explained</c>, <c>failed</c>, <c>cancelled</c> or <c>rejected</c>.</summary>
    public const string ExplanationsName = "iba.explanations";

    /// <summary>Histogram, in seconds: the work for a request, without waiting.</summary>
    public const string DurationName = "iba.explanation.duration";

    /// <summary>Histogram, in seconds: from a request's coming to the beginning of its work.</summary>
    public const string WaitName = "iba.queue.duration";

    /// <summary>Gauge: how many requests wait.</summary>
    public const string QueueLengthName = "iba.queue.length";
}

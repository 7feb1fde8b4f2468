using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Iba.Jobs;

/// <summary>Names for <c>System.Diagnostics.Metrics</c> and <c>ActivitySource</c>; what listens to them is the application's choice.</summary>
public static class JobTelemetry
{
    /// <summary>The meter and the activity source are both named "Iba.Jobs".</summary>
    public const string Name = "Iba.Jobs";

    /// <summary>Counter: rows done, failures among them.</summary>
    public const string RowsName = "iba.jobs.rows";

    /// <summary>Counter: rows that could not be explained.</summary>
    public const string FailuresName = "iba.jobs.failures";

    /// <summary>Histogram, in seconds: from one row's end to the next.</summary>
    public const string RowDurationName = "iba.jobs.row.duration";

    /// <summary>Counter: shards done; the tag <c>outcome</c> is <c>committed</c>, <c>alreadythere</c> or <c>conflict</c>.</summary>
    public const string ShardsName = "iba.jobs.shards";

    /// <summary>Activity: one shard, with the tags <c>job</c>, <c>shard</c>, <c>rows</c>, <c>failures</c>, <c>outcome</c>.</summary>
    public const string ShardActivityName = "iba.jobs.shard";

    private static readonly Meter Meter = new(Name);

    internal static ActivitySource Activities { get; } = new(Name);

    internal static Counter<long> Rows { get; } = Meter.CreateCounter<long>(RowsName, "{row}", "Rows done.");

    internal static Counter<long> Failures { get; } = Meter.CreateCounter<long>(FailuresName, "{row}", "Rows that could not be explained.");

    internal static Histogram<double> RowDuration { get; } = Meter.CreateHistogram<double>(RowDurationName, "s", "From one row's end to the next.");

    internal static Counter<long> Shards { get; } = Meter.CreateCounter<long>(ShardsName, "{shard}", "Shards done.");
}

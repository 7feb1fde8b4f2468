using System.Diagnostics.Metrics;

namespace Iba.Orleans;

/// <summary>Names for <c>System.Diagnostics.Metrics</c>; what listens to them is the application's choice.</summary>
public static class OrleansTelemetry
{
    /// <summary>The coordinator's meter.</summary>
    public const string Name = "Iba.Orleans";

    /// <summary>Counter: shards that were handed out.</summary>
    public const string LeasesName = "iba.orleans.leases";

    /// <summary>Counter: shards that were taken from workers that fell silent, and handed out anew.</summary>
    public const string LostName = "iba.orleans.lost";

    /// <summary>The meter of Orleans itself: connections, messages, grains.</summary>
    public const string OrleansName = "Microsoft.Orleans";

    private static readonly Meter Meter = new(Name);

    internal static Counter<long> Leases { get; } = Meter.CreateCounter<long>(LeasesName, "{shard}", "Shards that were handed out.");

    internal static Counter<long> Lost { get; } = Meter.CreateCounter<long>(LostName, "{shard}", "Shards of workers that fell silent.");
}

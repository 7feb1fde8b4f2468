namespace Iba.Scale;

/// <summary>Time that passes when the simulation says so.</summary>
internal sealed class SimulatedClock : TimeProvider
{
    /// <summary>The time since the simulation began.</summary>
    public TimeSpan Now { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;
}

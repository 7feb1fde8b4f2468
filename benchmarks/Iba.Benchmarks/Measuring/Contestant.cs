namespace Iba.Benchmarks;

/// <summary>One of several worker processes that take turns, and what it measured.</summary>
/// <param name="Name">As the tables show it.</param>
/// <param name="Process">The process.</param>
internal sealed record Contestant(string Name, WorkerProcess Process)
{
    public List<Reading> Readings { get; } = [];

    public Sample Seconds => new(Readings.Select(reading => reading.Seconds));

    public Sample ProcessorSeconds => new(Readings.Select(reading => reading.ProcessorSeconds));

    public long PeakBytes => Readings.Max(reading => reading.PeakBytes);

    /// <summary>How many times longer this one takes than another: the ratio of each round, by the clock and by processor time.</summary>
    public (Sample Clock, Sample Processor) Over(Contestant other)
    {
        var pairs = Readings.Zip(other.Readings).ToArray();
        return (
            new Sample(pairs.Select(pair => pair.First.Seconds / pair.Second.Seconds)),
            new Sample(pairs.Select(pair => pair.First.ProcessorSeconds / pair.Second.ProcessorSeconds)));
    }
}

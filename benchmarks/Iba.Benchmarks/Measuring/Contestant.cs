namespace Iba.Benchmarks;

/// <summary>One of several worker processes that take turns, and what it measured.</summary>
/// <param name="Name">As the tables show it.</param>
/// <param name="Process">The process.</param>
/// <param name="Images">Images of one piece of work; seconds are told for one image.</param>
internal sealed record Contestant(string Name, WorkerProcess Process, int Images)
{
    public List<Reading> Readings { get; } = [];

    public Sample Seconds => new(Readings.Select(reading => reading.Seconds / Images));

    public long PeakBytes => Readings.Max(reading => reading.PeakBytes);

    public long LiveTensors => Readings[^1].LiveTensors;

    /// <summary>How many times longer this one takes than another for an image: the ratio of each round, by the clock and by processor time.</summary>
    public (Sample Clock, Sample Processor) Over(Contestant other)
    {
        double share = (double)other.Images / Images;
        var pairs = Readings.Zip(other.Readings).ToArray();
        return (
            new Sample(pairs.Select(pair => share * pair.First.Seconds / pair.Second.Seconds)),
            new Sample(pairs.Select(pair => share * pair.First.ProcessorSeconds / pair.Second.ProcessorSeconds)));
    }
}

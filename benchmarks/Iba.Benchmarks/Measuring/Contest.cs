namespace Iba.Benchmarks;

/// <summary>Lets worker processes take turns, so that a busy moment of the machine meets all of them alike.</summary>
internal sealed class Contest(string title, int rounds) : IDisposable
{
    private readonly List<Contestant> _contestants = [];

    public Contestant Add(string name, WorkerProcess process)
    {
        var contestant = new Contestant(name, process);
        _contestants.Add(contestant);
        return contestant;
    }

    public void Run(bool warmUp = true)
    {
        foreach (var contestant in warmUp ? _contestants : []) contestant.Process.WarmUp();
        for (int round = 0; round < rounds; round++)
        {
            foreach (var contestant in _contestants)
            {
                var reading = contestant.Process.Run();
                contestant.Readings.Add(reading);
                Console.WriteLine(
                    $"{title}, round {round + 1}: {contestant.Name} {reading.Seconds:F2} s (processor {reading.ProcessorSeconds:F2} s), " +
                    $"peak {reading.PeakBytes >> 20} MiB");
            }
        }
    }

    public void Dispose()
    {
        foreach (var contestant in _contestants) contestant.Process.Dispose();
    }
}

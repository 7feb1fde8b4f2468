namespace Iba.Benchmarks;

/// <summary>Lets worker processes take turns, so that a busy moment of the machine meets all of them alike.</summary>
/// <param name="title">As the console shows it.</param>
/// <param name="rounds">How often each contestant's turn comes.</param>
/// <param name="threads">The threads of libtorch in each process.</param>
internal sealed class Contest(string title, int rounds, int threads) : IDisposable
{
    private readonly List<Contestant> _contestants = [];

    /// <summary>Starts a worker of this program.</summary>
    public Contestant Add(string name, WorkOrder order, bool defaultAllocator = false)
        => Add(name, WorkerProcess.Start(order, threads, defaultAllocator), order.Images);

    /// <summary>Lets a process that runs already take part.</summary>
    public Contestant Add(string name, WorkerProcess process, int images = 1)
    {
        var contestant = new Contestant(name, process, images);
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

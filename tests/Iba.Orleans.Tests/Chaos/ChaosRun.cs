using System.Globalization;
using Iba.Jobs;
using Iba.Jobs.Tests;

namespace Iba.Orleans.Tests;

/// <summary>A job, the processes on it, and what became of both.</summary>
internal sealed class ChaosRun : IDisposable
{
    /// <summary>After which silence a process counts as dead: long enough for machines that are busy.</summary>
    public const string LeaseSeconds = "4";

    private const int ShardRows = 4;

    private readonly List<TestProcess> _processes = [];
    private readonly List<TestProcess> _workers = [];

    public ChaosRun(int shards)
    {
        StubJob.Plan(Folder.Root, shards * ShardRows, ShardRows);
        Shards = shards;
        Job = StubJob.Open(Folder.Root);
    }

    public TemporaryFolder Folder { get; } = new();

    public IbaJob Job { get; }

    public int Shards { get; }

    /// <summary>Shards that were begun, by all workers.</summary>
    public int Executions => _workers.Sum(worker => worker.Begun.Count);

    /// <summary>The hash of a result that one process made without disturbance.</summary>
    public static string Undisturbed(int shards)
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, shards * ShardRows, ShardRows);
        var job = StubJob.Open(folder.Root);
        job.Work();
        return job.Merge().Sha256;
    }

    /// <summary>A coordinator on loopback.</summary>
    public TestProcess Coordinator(int port, params string[] more)
    {
        var coordinator = Keep(TestProcess.Run(["coordinate", Folder.Root, LeaseSeconds, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), .. more]));
        coordinator.WaitFor("coordinating");
        return coordinator;
    }

    /// <summary>A worker.</summary>
    /// <param name="port">The coordinator's; null: it works by leases in the folder.</param>
    /// <param name="milliseconds">How long a row takes.</param>
    /// <param name="bias">What it adds to its maps.</param>
    /// <param name="redis">Where coordinators are found; null: at the port.</param>
    /// <param name="lease">After which silence it counts as dead.</param>
    public TestProcess Worker(int? port, int milliseconds, float bias = 0, string? redis = null, string lease = LeaseSeconds)
    {
        string[] arguments = port == null
            ? ["join", Folder.Root, lease, $"{milliseconds}"]
            : ["work", Folder.Root, lease, $"{milliseconds}", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), .. redis == null ? [] : new[] { redis }];
        return Add(new TestProcess("dotnet", [TestProcess.Worker, .. arguments], bias));
    }

    /// <summary>A worker that was started otherwise.</summary>
    public TestProcess Add(TestProcess worker)
    {
        _workers.Add(worker);
        return Keep(worker);
    }

    /// <summary>Disposes a process with the run.</summary>
    public TestProcess Keep(TestProcess process)
    {
        _processes.Add(process);
        return process;
    }

    /// <summary>Waits until so many shards are committed.</summary>
    public void WaitForShards(int count)
    {
        var folder = new JobFolder(Folder.Root);
        Assert.True(SpinWait.SpinUntil(() => Wait(folder) >= count, TimeSpan.FromMinutes(5)), $"{folder.Committed().Count} of {Shards} shards after five minutes:\n{Text()}");
    }

    /// <summary>Nothing is missing, doubled or damaged, and the bytes are those of an undisturbed run.</summary>
    /// <param name="faults">How many executions may be beyond the number of shards.</param>
    public void AssertUnharmed(int faults)
    {
        var merged = Job.Merge();
        Assert.Equal((Undisturbed(Shards), 0), (merged.Sha256, merged.Conflicts));
        Assert.Equal(Enumerable.Range(0, Shards * ShardRows).Select(row => (long)row), Job.Rows().Select(row => row.Row));
        Assert.True(Executions <= Shards + faults, $"{Executions} executions of {Shards} shards with {faults} faults:\n{Text()}");
    }

    public void Dispose()
    {
        foreach (var process in _processes) process.Dispose();
        Folder.Dispose();
    }

    private static int Wait(JobFolder folder)
    {
        Thread.Sleep(20);
        return folder.Committed().Count;
    }

    private string Text() => string.Join("\n\n", _processes.Select(process => process.Text));
}

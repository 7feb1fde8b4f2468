using Iba.Jobs;

namespace Iba.Orleans.Tests;

/// <summary>Real processes on loopback that are killed, stopped, interrupted and late: the result is the one of an undisturbed run.</summary>
public class ChaosTests
{
    private const int Shards = 40;
    private const int Quick = 50; // Milliseconds a row: 0.2 s a shard.
    private const int Slow = 1000; // 4 s a shard: whoever does something to this worker does it while it computes.

    [Fact]
    public void Coordinator_and_worker_are_killed_one_joins_late_and_one_was_stopped_and_finishes_late()
    {
        using var run = new ChaosRun(Shards);
        int port = FreePort.Pair();
        var coordinator = run.Coordinator(port);
        var victim = run.Worker(port, Slow);
        var stopped = run.Worker(port, Slow);
        victim.WaitFor("begin");
        stopped.WaitFor("begin");
        victim.Kill();
        stopped.Signal("STOP");
        var worker = run.Worker(port, Quick);
        run.WaitForShards(8);

        coordinator.Kill();
        coordinator = run.Coordinator(port);
        run.WaitForShards(12);
        worker.Signal("INT");
        Assert.Equal(130, worker.Wait());
        var late = run.Worker(port, Quick);

        Assert.Equal((0, 0), (late.Wait(), coordinator.Wait()));
        Assert.True(run.Job.Status().IsComplete);
        stopped.Signal("CONT");
        Assert.Equal(0, stopped.Wait());
        Assert.Contains("Duplicates = 1", stopped.Text, StringComparison.Ordinal);
        // The killed worker, the stopped one, the interrupted one, and the coordinator that forgot.
        run.AssertUnharmed(faults: 4);
    }

    [Fact]
    public void By_leases_in_the_folder_alone_it_is_the_same()
    {
        using var run = new ChaosRun(Shards);
        var victim = run.Worker(null, Slow);
        var stopped = run.Worker(null, Slow);
        victim.WaitFor("begin");
        stopped.WaitFor("begin");
        victim.Kill();
        stopped.Signal("STOP");
        var worker = run.Worker(null, Quick);
        run.WaitForShards(12);
        worker.Signal("INT");
        Assert.Equal(130, worker.Wait());
        var late = run.Worker(null, Quick);

        Assert.Equal(0, late.Wait());
        stopped.Signal("CONT");
        Assert.Equal(0, stopped.Wait());
        Assert.Contains("Duplicates = 1", stopped.Text, StringComparison.Ordinal);
        run.AssertUnharmed(faults: 3);
    }

    [Fact]
    public void A_worker_that_computes_otherwise_is_found()
    {
        using var run = new ChaosRun(3);
        int port = FreePort.Pair();
        run.Coordinator(port);
        var stopped = run.Worker(port, Slow, bias: 1);
        stopped.WaitFor("begin");
        stopped.Signal("STOP");
        var worker = run.Worker(port, 0);
        Assert.Equal(0, worker.Wait());
        stopped.Signal("CONT");
        Assert.Equal(0, stopped.Wait());

        Assert.Contains("Conflicts = 1", stopped.Text, StringComparison.Ordinal);
        Assert.Equal((ChaosRun.Undisturbed(3), 1), (run.Job.Merge().Sha256, run.Job.Status().Conflicts));
    }

    [Fact]
    public void A_shard_that_was_deleted_is_not_merged_over()
    {
        using var run = new ChaosRun(3);
        run.Job.Work();
        File.Delete(Path.Combine(run.Folder.Root, "shards", "000", "part-000001.parquet"));

        Assert.Contains("1 of 3 shards are missing (1)", Assert.Throws<JobException>(() => run.Job.Merge()).Message, StringComparison.Ordinal);
    }
}

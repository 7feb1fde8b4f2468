namespace Iba.Orleans.Tests;

/// <summary>Real processes on loopback that end, or begin in another one's place: what they had is handed over at once, and not when a lease ends.</summary>
public class HandoverTests
{
    private const int Slow = 1000; // Milliseconds a row, 4 s a shard: whoever does something to this worker does it while it computes.
    private const string TenMinutes = "600";

    // With leases of ten minutes, only a lease that is given back lets the job end.
    [Fact]
    public void An_interrupted_worker_gives_its_shard_back()
    {
        using var run = new ChaosRun(3);
        int port = FreePort.Pair();
        var coordinator = run.Coordinator(port);
        var interrupted = run.Worker(port, Slow, lease: TenMinutes);
        interrupted.WaitFor("begin");

        interrupted.Signal("INT");

        Assert.Equal(130, interrupted.Wait());
        var worker = run.Worker(port, 0, lease: TenMinutes);
        Assert.Equal((0, 0), (worker.Wait(), coordinator.Wait()));
        run.AssertUnharmed(faults: 1);
    }

    // With leases of ten minutes, a coordinator that handed the shard out again would be seen in the number of executions, and one that forgot it in the end.
    [Fact]
    public void A_coordinator_that_begins_anew_learns_from_the_folder_who_is_at_work()
    {
        using var run = new ChaosRun(6);
        int port = FreePort.Pair();
        var coordinator = run.Coordinator(port);
        var slow = run.Worker(port, Slow, lease: TenMinutes);
        slow.WaitFor("begin");
        coordinator.Kill();
        coordinator = run.Coordinator(port);
        var quick = run.Worker(port, 0, lease: TenMinutes);

        Assert.Equal((0, 0, 0), (slow.Wait(), quick.Wait(), coordinator.Wait()));
        run.AssertUnharmed(faults: 0);
    }

    [Fact]
    public void A_worker_whose_job_is_done_needs_no_coordinator()
    {
        using var run = new ChaosRun(2);
        run.Job.Work();

        var worker = run.Worker(FreePort.Pair(), 0);

        Assert.Equal(0, worker.Wait());
        Assert.Contains("IsComplete = True", worker.Text, StringComparison.Ordinal);
    }
}

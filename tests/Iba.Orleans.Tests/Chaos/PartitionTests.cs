namespace Iba.Orleans.Tests;

/// <summary>A network that falls apart, and heals.</summary>
public class PartitionTests
{
    private const int Shards = 24;

    [Fact]
    public void A_worker_that_is_cut_off_loses_its_shard_and_comes_back()
    {
        const string Port = "30000";
        using var networks = new SeparateNetworks();
        using var run = new ChaosRun(Shards);
        var coordinator = run.Keep(networks.Run(inFirst: true, "coordinate", run.Folder.Root, ChaosRun.LeaseSeconds, $"0.0.0.0:{Port}/{SeparateNetworks.Address}"));
        coordinator.WaitFor("coordinating");
        // 20 s a shard: a lease, and time for the other worker's process to start meanwhile.
        var cutOff = run.Add(networks.Run(inFirst: false, "work", run.Folder.Root, ChaosRun.LeaseSeconds, "5000", $"{SeparateNetworks.Address}:{Port}"));
        cutOff.WaitFor("begin");
        networks.Part();
        var near = run.Add(networks.Run(inFirst: true, "work", run.Folder.Root, ChaosRun.LeaseSeconds, "100", $"{SeparateNetworks.Address}:{Port}"));

        near.WaitFor($"begin {cutOff.Begun[0]}");
        // The job does not end before the other one is back.
        near.Signal("STOP");
        // It was at work all the time, and says so when somebody hears it again.
        cutOff.WaitFor("No coordinator answers");
        networks.Heal();
        cutOff.WaitFor("answers again");
        near.Signal("CONT");

        Assert.Equal((0, 0, 0), (near.Wait(), cutOff.Wait(), coordinator.Wait()));
        run.AssertUnharmed(faults: 2);
    }
}

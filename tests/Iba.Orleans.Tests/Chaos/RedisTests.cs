using System.Diagnostics;

namespace Iba.Orleans.Tests;

/// <summary>Several coordinators that find each other in Redis, and a Redis that dies.</summary>
public class RedisTests
{
    private const int Shards = 40;
    private const int Quick = 50;

    [RedisFact]
    public void A_coordinator_and_Redis_are_killed_and_the_other_coordinator_goes_on()
    {
        using var run = new ChaosRun(Shards);
        int port = FreePort.Pair();
        string address = $"127.0.0.1:{port}";
        var redis = run.Keep(Redis(port, run.Folder.Root));
        redis.WaitFor("Ready to accept connections");
        var first = run.Coordinator(FreePort.Pair(), address);
        run.Coordinator(FreePort.Pair(), address);
        TestProcess[] workers = [.. Enumerable.Range(0, 2).Select(_ => run.Worker(0, Quick, redis: address))];
        run.WaitForShards(5);

        redis.Kill();
        run.WaitForShards(10);
        redis = run.Keep(Redis(port, run.Folder.Root));
        redis.WaitFor("Ready to accept connections");
        first.Kill();

        Assert.All(workers, worker => Assert.Equal(0, worker.Wait()));
        // A lease for each worker may be lost with the coordinator.
        run.AssertUnharmed(faults: 3);
    }

    private static TestProcess Redis(int port, string folder) => new("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""]);

    /// <summary>A test that needs redis-server; test.sh installs it.</summary>
    private sealed class RedisFactAttribute : FactAttribute
    {
        public RedisFactAttribute()
        {
            if (!Exists()) Skip = "There is no redis-server here; ./test.sh installs it.";
        }

        private static bool Exists()
        {
            try
            {
                using var redis = Process.Start(new ProcessStartInfo("redis-server", "--version") { RedirectStandardOutput = true });
                redis!.WaitForExit();
                return redis.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}

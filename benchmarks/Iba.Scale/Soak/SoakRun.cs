using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Iba.Jobs;
using Iba.Jobs.Tests;

namespace Iba.Scale;

/// <summary>One job after the other on real processes to which something happens all the time.</summary>
internal sealed class SoakRun
{
    private const int Shards = 500;
    private const int ShardsBetweenFaults = 25;
    private const int ShardRows = 4;
    private const int Workers = 3;
    private const string MillisecondsARow = "50";
    private const string LeaseSeconds = "5";

    private static readonly TimeSpan FaultInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Random _random;
    private readonly bool _join;
    private readonly SoakLog _log = new();
    private readonly StallTable _stalls;
    private int _jobs, _same, _conflicts, _executions, _unended;

    private SoakRun(int seed, bool join)
    {
        (_random, _join) = (new Random(seed), join);
        _stalls = new StallTable(_log);
    }

    /// <summary>Runs jobs until the time is over, the last one to its end.</summary>
    /// <param name="time">How long.</param>
    /// <param name="seed">Chooses the faults.</param>
    /// <param name="join">Whether workers share the work by leases in the folder.</param>
    /// <returns>What happened, as a table.</returns>
    public static string Run(TimeSpan time, int seed, bool join)
    {
        var run = new SoakRun(seed, join);
        string expected = Undisturbed();
        do
        {
            run.RunJob(expected);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run._log.Now.TotalMinutes:F1} minutes, {run._jobs} jobs, {run._same} of them as undisturbed"));
        }
        while (run._log.Now < time);
        Console.Error.WriteLine($"Around the longest stall:\n{run._stalls.AroundLongest}");
        return run.Table();
    }

    private void RunJob(string expected)
    {
        using var folder = new WorkFolder();
        StubJob.Plan(folder.Path, Shards * ShardRows, ShardRows);
        var job = StubJob.Open(folder.Path);
        string address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort()}");
        var coordinator = _join ? null : new SoakProcess("the coordinator", _log, "coordinate", folder.Path, LeaseSeconds, address);
        SoakProcess[] workers =
        [
            .. Enumerable.Range(1, Workers).Select(number => new SoakProcess(
                $"worker {number}", _log, _join ? ["join", folder.Path, LeaseSeconds, MillisecondsARow] : ["work", folder.Path, LeaseSeconds, MillisecondsARow, address])),
        ];
        SoakProcess[] all = [.. workers, .. coordinator == null ? [] : new[] { coordinator }];
        try
        {
            Disturb(new JobFolder(folder.Path), workers, coordinator);
            foreach (var process in all) process.ContinueWhenDue(isForced: true);
            _unended += all.Count(process => !process.Wait(Patience) || process.ExitCode != 0);
            _executions += workers.Sum(worker => worker.Executions);
            var merged = job.Merge();
            _conflicts += merged.Conflicts;
            _jobs++;
            if (merged.Sha256 == expected && job.Rows().Select(row => row.Row).SequenceEqual(Enumerable.Range(0, Shards * ShardRows).Select(row => (long)row))) _same++;
        }
        finally
        {
            foreach (var process in all) process.Dispose();
        }
    }

    private void Disturb(JobFolder folder, SoakProcess[] workers, SoakProcess? coordinator)
    {
        var watch = new StallWatch { Over = _stalls.Add };
        var lastFault = _log.Now;
        int done = 0, doneAtFault = 0;
        while (done < Shards)
        {
            Thread.Sleep(LookInterval);
            done = folder.Committed().Count;
            watch.Look(_log.Now, done, workers.Any(worker => worker.IsAlive));
            foreach (var worker in workers) worker.ContinueWhenDue();
            foreach (var process in workers.Append(coordinator).OfType<SoakProcess>().Where(process => process.HasEnded && process.ExitCode != 0))
            {
                _unended++;
                process.KillAndRestart();
            }

            // On a machine that is busy, processes that are begun need longer than that to come to work.
            if (done - doneAtFault < ShardsBetweenFaults || _log.Now - lastFault < FaultInterval) continue;
            (lastFault, doneAtFault) = (_log.Now, done);
            _stalls.Begin(Strike(workers[_random.Next(Workers)], coordinator));
        }

        _stalls.Begin(null);
    }

    private Fault Strike(SoakProcess worker, SoakProcess? coordinator)
    {
        int kind = _random.Next(3);
        if (kind == 0 && coordinator != null)
        {
            coordinator.KillAndRestart();
            return Fault.CoordinatorKilled;
        }

        if (kind == 1 && worker.StoppedUntil == null)
        {
            worker.Stop(Stopped);
            return Fault.WorkerStopped;
        }

        worker.KillAndRestart();
        return Fault.WorkerKilled;
    }

    private string Table() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        | | |
        |---|---:|
        | minutes | {_log.Now.TotalMinutes:F0} |
        | jobs of {Shards:N0} shards on {Workers} workers | {_jobs} |
        | kill -9 of workers, kill -9 of coordinators, stops of {Stopped.TotalSeconds:F0} s | {_stalls.Count(Fault.WorkerKilled)}, {_stalls.Count(Fault.CoordinatorKilled)}, {_stalls.Count(Fault.WorkerStopped)} |
        | results with the bytes of an undisturbed one, each row once | {_same} of {_jobs} |
        | conflicts | {_conflicts} |
        | executions beyond the number of shards, with {_stalls.Faults} faults | {_executions - (_jobs * Shards)} |
        | processes that did not end well by themselves | {_unended} |
        | time without a commit while a worker lived, after kill -9 of a worker: median, longest | {_stalls.Stalls(Fault.WorkerKilled)} |
        | the same after kill -9 of the coordinator | {_stalls.Stalls(Fault.CoordinatorKilled)} |
        | of that, until the process in its place listened | {_stalls.CoordinatorStarts()} |
        | the same after a stop of a worker | {_stalls.Stalls(Fault.WorkerStopped)} |
        | longest time without a commit, whether a worker lived or not | {_stalls.LongestOnTheClock.TotalSeconds:F1} s |
        | load of the machine's {Environment.ProcessorCount} cores over a minute: median, largest | {_stalls.Loads()} |
        """);

    private static string Undisturbed()
    {
        using var folder = new WorkFolder();
        StubJob.Plan(folder.Path, Shards * ShardRows, ShardRows);
        var job = StubJob.Open(folder.Path);
        job.Work();
        return job.Merge().Sha256;
    }

    // Below the ports that the system hands out by itself; coordinators also take the one after it.
    private static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(15000, 31000);
            if (IsFree(port) && IsFree(port + 1)) return port;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

using System.Diagnostics;
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
    private int _jobs, _same, _kills, _coordinatorKills, _stops, _conflicts, _executions, _unended;
    private TimeSpan _stall;

    private SoakRun(int seed, bool join) => (_random, _join) = (new Random(seed), join);

    /// <summary>Runs jobs until the time is over, the last one to its end.</summary>
    /// <param name="time">How long.</param>
    /// <param name="seed">Chooses the faults.</param>
    /// <param name="join">Whether workers share the work by leases in the folder.</param>
    /// <returns>What happened, as a table.</returns>
    public static string Run(TimeSpan time, int seed, bool join)
    {
        var run = new SoakRun(seed, join);
        string expected = Undisturbed();
        var clock = Stopwatch.StartNew();
        do
        {
            run.RunJob(expected);
            Console.Error.WriteLine($"{clock.Elapsed.TotalMinutes:F1} minutes, {run._jobs} jobs, {run._same} of them as undisturbed");
        }
        while (clock.Elapsed < time);
        return run.Table(clock.Elapsed);
    }

    private void RunJob(string expected)
    {
        using var folder = new WorkFolder();
        StubJob.Plan(folder.Path, Shards * ShardRows, ShardRows);
        var job = StubJob.Open(folder.Path);
        string address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort()}");
        var coordinator = _join ? null : new SoakProcess("coordinate", folder.Path, LeaseSeconds, address);
        SoakProcess[] workers =
        [
            .. Enumerable.Range(0, Workers).Select(_ => _join
                ? new SoakProcess("join", folder.Path, LeaseSeconds, MillisecondsARow)
                : new SoakProcess("work", folder.Path, LeaseSeconds, MillisecondsARow, address)),
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
        var clock = Stopwatch.StartNew();
        TimeSpan lastFault = default, lastCommit = default;
        int done = 0, doneAtFault = 0;
        while (done < Shards)
        {
            Thread.Sleep(LookInterval);
            int now = folder.Committed().Count;
            if (now > done)
            {
                if (done > 0 && clock.Elapsed - lastCommit > _stall) _stall = clock.Elapsed - lastCommit;
                (done, lastCommit) = (now, clock.Elapsed);
            }

            foreach (var worker in workers) worker.ContinueWhenDue();
            foreach (var process in workers.Append(coordinator).OfType<SoakProcess>().Where(process => process.HasEnded && process.ExitCode != 0))
            {
                _unended++;
                process.KillAndRestart();
            }

            // On a machine that is busy, processes that are begun need longer than that to come to work.
            if (done - doneAtFault < ShardsBetweenFaults || clock.Elapsed - lastFault < FaultInterval) continue;
            (lastFault, doneAtFault) = (clock.Elapsed, done);
            Strike(workers[_random.Next(Workers)], coordinator);
        }
    }

    private void Strike(SoakProcess worker, SoakProcess? coordinator)
    {
        int kind = _random.Next(3);
        if (kind == 0 && coordinator != null)
        {
            coordinator.KillAndRestart();
            _coordinatorKills++;
        }
        else if (kind == 1 && worker.StoppedUntil == null)
        {
            worker.Stop(Stopped);
            _stops++;
        }
        else
        {
            worker.KillAndRestart();
            _kills++;
        }
    }

    private string Table(TimeSpan took) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        | | |
        |---|---:|
        | minutes | {took.TotalMinutes:F0} |
        | jobs of {Shards:N0} shards on {Workers} workers | {_jobs} |
        | kill -9 of workers, kill -9 of coordinators, stops of {Stopped.TotalSeconds:F0} s | {_kills}, {_coordinatorKills}, {_stops} |
        | results with the bytes of an undisturbed one, each row once | {_same} of {_jobs} |
        | conflicts | {_conflicts} |
        | executions beyond the number of shards, with {_kills + _coordinatorKills + _stops} faults | {_executions - (_jobs * Shards)} |
        | longest time without a commit | {_stall.TotalSeconds:F1} s |
        | processes that did not end well by themselves | {_unended} |
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

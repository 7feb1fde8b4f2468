using System.Diagnostics;
using System.Globalization;
using System.Text;
using Iba.Jobs;
using Iba.Orleans;

namespace Iba.Scale;

/// <summary>
/// A coordinator and many workers in simulated time. Real are the schedule that hands out shards, the commits, and the folder that they go to; what a
/// shard computes is a line of text.
/// </summary>
internal sealed class ClusterSimulation
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private readonly SimulationSettings _settings;
    private readonly JobFolder _folder;
    private readonly Random _random;
    private readonly FileCommit _commit = new();
    private readonly SimulatedClock _clock = new();
    private readonly PriorityQueue<Action, (TimeSpan Time, long Order)> _events = new();
    private readonly List<SimulatedWorker> _workers = [];
    private readonly int[] _commits;
    private readonly Stopwatch _scheduleTime = new();
    private ShardSchedule? _schedule;
    private long _order, _questions;
    private int _executions, _workerDeaths, _pauses, _coordinatorDeaths, _names, _done;
    private TimeSpan _waited, _repeated, _end, _workerTime;

    /// <param name="settings">The cluster.</param>
    /// <param name="folder">An empty folder.</param>
    public ClusterSimulation(SimulationSettings settings, string folder)
    {
        (_settings, _folder) = (settings, new JobFolder(folder));
        _random = new Random(settings.Seed);
        _commits = new int[settings.Shards];
    }

    /// <summary>Runs until all shards are done, or for so long.</summary>
    /// <param name="most">The longest simulated time; null: any.</param>
    public SimulationResult Run(TimeSpan? most = null)
    {
        StartCoordinator();
        for (int i = 0; i < _settings.Workers; i++) StartWorker();
        At(LookInterval, Look);
        while (_done < _settings.Shards && _events.TryDequeue(out var action, out var due) && !(due.Time > most))
        {
            _clock.Now = due.Time;
            action();
        }

        foreach (var worker in _workers.Where(worker => worker.IsAlive)) _workerTime += _clock.Now - worker.Born;
        var there = _folder.Committed();
        return new SimulationResult
        {
            Lost = _settings.Shards - there.Count,
            Doubled = _commits.Count(commits => commits > 1),
            Damaged = there.Count(shard => !File.ReadAllBytes(_folder.Shard(shard)).AsSpan().SequenceEqual(Content(shard))),
            Executions = _executions,
            WorkerDeaths = _workerDeaths,
            Pauses = _pauses,
            CoordinatorDeaths = _coordinatorDeaths,
            Makespan = _clock.Now,
            WorkerTime = _workerTime,
            Waited = _waited,
            Repeated = _repeated,
            End = _end,
            ScheduleTime = _scheduleTime.Elapsed,
            Questions = _questions,
        };
    }

    private static byte[] Content(int shard) => Encoding.UTF8.GetBytes(shard.ToString(CultureInfo.InvariantCulture));

    private void StartCoordinator()
    {
        _schedule = new ShardSchedule(_settings.Shards, _clock);
        Sweep(_schedule);
        At(Exponential(_settings.CoordinatorLife), () =>
        {
            _schedule = null;
            _coordinatorDeaths++;
            At(_settings.CoordinatorReplacement, StartCoordinator);
        });
    }

    private void Look()
    {
        if (_schedule is { NeedsSweep: true } schedule) Sweep(schedule);
        At(LookInterval, Look);
    }

    private void Sweep(ShardSchedule schedule)
    {
        schedule.BeginSweep();
        // What a live process tries lies in the folder: it is renewed there, too.
        var atWork = _workers.Where(worker => worker is { IsAlive: true, IsPaused: false, Shard: not null }).Select(worker => (worker.Shard!.Value, worker.Name));
        schedule.Sweep(_folder.Committed(), atWork, _settings.LeaseTime);
    }

    private void StartWorker()
    {
        var worker = new SimulatedWorker($"w{_names++}", _clock.Now, 0.8 + (0.4 * _random.NextDouble()));
        _workers.Add(worker);
        At(Exponential(_settings.WorkerLife), () => End(worker));
        At(Exponential(_settings.PauseInterval), () => Pause(worker));
        At(_settings.LeaseTime / 4, () => Renew(worker));
        AskFor(worker, Latency);
    }

    private void End(SimulatedWorker worker)
    {
        worker.IsAlive = false;
        _workers.Remove(worker);
        _workerTime += _clock.Now - worker.Born;
        _workerDeaths++;
        At(_settings.WorkerReplacement, StartWorker);
    }

    private void Pause(SimulatedWorker worker)
    {
        if (!worker.IsAlive) return;
        _pauses++;
        worker.IsPaused = true;
        At(_settings.Pause, () =>
        {
            worker.IsPaused = false;
            var late = worker.Postponed;
            worker.Postponed = null;
            if (worker.IsAlive) late?.Invoke();
        });
        At(_settings.Pause + Exponential(_settings.PauseInterval), () => Pause(worker));
    }

    private void Renew(SimulatedWorker worker)
    {
        if (!worker.IsAlive) return;
        if (!worker.IsPaused && worker.Shard is { } shard) Ask(schedule => schedule.Renew(worker.Name, shard, _settings.LeaseTime));
        At(_settings.LeaseTime / 4, () => Renew(worker));
    }

    // A worker that is paused does what was due when it goes on.
    private void Later(SimulatedWorker worker, TimeSpan delay, Action action) => At(delay, () =>
    {
        if (!worker.IsAlive) return;
        if (worker.IsPaused) worker.Postponed = action;
        else action();
    });

    private void AskFor(SimulatedWorker worker, TimeSpan delay) => Later(worker, delay, () =>
    {
        var offer = Ask(schedule => schedule.Next(worker.Name, _settings.LeaseTime));
        bool isAnswered = offer != null && _random.NextDouble() >= _settings.LostAnswers;
        if (isAnswered && offer!.Value.Kind == OfferKind.Shard)
        {
            Count(delay, isEnd: false);
            Compute(worker, offer.Value.Shard);
            return;
        }

        Count(delay, isEnd: isAnswered);
        AskFor(worker, isAnswered ? Poll : Timeout);
    });

    private void Count(TimeSpan waited, bool isEnd)
    {
        if (isEnd) _end += waited;
        else _waited += waited;
    }

    private void Compute(SimulatedWorker worker, int shard)
    {
        var duration = _folder.IsCommitted(shard) ? TimeSpan.Zero : _settings.ShardTime / worker.Speed;
        worker.Shard = shard;
        Later(worker, duration, () =>
        {
            worker.Shard = null;
            if (duration > TimeSpan.Zero)
            {
                _executions++;
                if (Commit(shard) != CommitResult.Committed) _repeated += duration;
            }

            Ask(schedule =>
            {
                schedule.Return(worker.Name, shard, isCommitted: true);
                return true;
            });
            AskFor(worker, Latency);
        });
    }

    private CommitResult Commit(int shard)
    {
        var result = _commit.Publish(_folder.Temporary(JobFolder.ShardName(shard)), _folder.Shard(shard), stream => stream.Write(Content(shard)), _folder.Conflicts);
        if (result == CommitResult.Committed && ++_commits[shard] == 1) _done++;
        return result;
    }

    private T? Ask<T>(Func<ShardSchedule, T> question)
        where T : struct
    {
        if (_schedule == null) return null;
        _questions++;
        _scheduleTime.Start();
        var answer = question(_schedule);
        _scheduleTime.Stop();
        return answer;
    }

    private TimeSpan Exponential(TimeSpan mean) => -Math.Log(1 - _random.NextDouble()) * mean;

    private void At(TimeSpan delay, Action action) => _events.Enqueue(action, (_clock.Now + delay, _order++));

    private sealed class SimulatedWorker(string name, TimeSpan born, double speed)
    {
        public string Name => name;

        public TimeSpan Born => born;

        public double Speed => speed;

        public bool IsAlive { get; set; } = true;

        public bool IsPaused { get; set; }

        public int? Shard { get; set; }

        public Action? Postponed { get; set; }
    }
}

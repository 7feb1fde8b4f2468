namespace Iba.Orleans;

/// <summary>
/// Who is at work on which shard, in memory: a coordinator that begins anew reads it from the job's folder. Every shard is done, leased or waiting;
/// a sweep (<see cref="Sweep"/>) makes it so again, whatever happened. Not for several threads at once.
/// </summary>
/// <param name="shards">The number of shards.</param>
/// <param name="clock">What time it is: tests and simulations have their own.</param>
internal sealed class ShardSchedule(int shards, TimeProvider clock)
{
    private readonly long _start = clock.GetTimestamp();
    private readonly SortedSet<int> _waiting = [.. Enumerable.Range(0, shards)];
    private readonly SortedSet<int> _first = [];
    private readonly SortedSet<int> _last = [];
    private readonly HashSet<int> _lostBefore = [];
    private readonly Dictionary<int, Lease> _leases = [];
    private readonly Dictionary<string, int> _shardOf = [];
    private readonly HashSet<int> _doneDuringSweep = [];
    private HashSet<int> _done = [];
    private TimeSpan _nextExpiry = TimeSpan.MaxValue;
    private bool _isConfirmed;

    /// <summary>The shards that are done.</summary>
    public int Done => _done.Count;

    /// <summary>The shards that workers are at work on.</summary>
    public int Leased => _leases.Count;

    /// <summary>How often a worker fell silent and its shard was taken from it.</summary>
    public long Lost { get; private set; }

    /// <summary>Whether the folder has every shard, as the last sweep found.</summary>
    public bool IsFinished => _isConfirmed && _done.Count == shards;

    /// <summary>Whether nothing waits, so that a look at the folder may find what was forgotten, or that all is done.</summary>
    public bool NeedsSweep => _waiting.Count + _first.Count + _last.Count == 0;

    private TimeSpan Now => clock.GetElapsedTime(_start);

    /// <summary>A shard for a worker: the one that it has already (the answer may not have reached it), one that was lost, or the next.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="leaseTime">After which silence it is to count as dead.</param>
    public ShardOffer Next(string worker, TimeSpan leaseTime)
    {
        Expire();
        if (_shardOf.TryGetValue(worker, out int held) && !_done.Contains(held)) return Lend(worker, held, leaseTime);
        Forget(worker);
        return Take() is { } shard ? Lend(worker, shard, leaseTime) : new ShardOffer(IsFinished ? OfferKind.Finished : OfferKind.Wait);
    }

    /// <summary>A sign of life. A coordinator that began anew learns by it who is at work on what.</summary>
    /// <returns>False: the shard is done, or another worker's.</returns>
    public bool Renew(string worker, int shard, TimeSpan leaseTime)
    {
        Expire();
        if (_done.Contains(shard)) return false;
        if (_leases.TryGetValue(shard, out var lease) && lease.Worker != worker)
        {
            if (!lease.IsHearsay) return false;
            Forget(lease.Worker);
        }

        Lend(worker, shard, leaseTime);
        return true;
    }

    /// <summary>A worker is over with a shard. One that is still to be done comes first: others have been done since it was begun.</summary>
    public void Return(string worker, int shard, bool isCommitted)
    {
        bool isMine = _leases.TryGetValue(shard, out var lease) && (lease.Worker == worker || lease.IsHearsay);
        if (isMine) Forget(lease.Worker);
        if (isCommitted) Finish(shard);
        else if (isMine && !_done.Contains(shard)) _first.Add(shard);
    }

    /// <summary>A worker leaves: what it has goes back.</summary>
    public void Leave(string worker)
    {
        if (_shardOf.TryGetValue(worker, out int shard)) Return(worker, shard, isCommitted: false);
    }

    /// <summary>Says that the folder is about to be read: what is done from now on may not be found there.</summary>
    public void BeginSweep() => _doneDuringSweep.Clear();

    /// <summary>Takes over what the folder says: what waits is what is neither there nor at work.</summary>
    /// <param name="committed">The shards that are there.</param>
    /// <param name="atWork">The shards that live processes try, and a name for each; they count as theirs until one of them speaks for itself.</param>
    /// <param name="leaseTime">How long those may be silent.</param>
    public void Sweep(IEnumerable<int> committed, IEnumerable<(int Shard, string Worker)> atWork, TimeSpan leaseTime)
    {
        HashSet<int> found = [.. committed];
        _isConfirmed = found.Count == shards;
        found.UnionWith(_doneDuringSweep);
        _done = found;
        foreach (var set in new[] { _waiting, _first, _last }) set.ExceptWith(_done);
        foreach (var (shard, worker) in atWork)
        {
            if (!_done.Contains(shard) && !_leases.ContainsKey(shard) && !_shardOf.ContainsKey(worker)) Lend(worker, shard, leaseTime, isHearsay: true);
        }

        for (int shard = 0; shard < shards; shard++)
        {
            if (!_done.Contains(shard) && !_leases.ContainsKey(shard) && !_first.Contains(shard) && !_last.Contains(shard)) _waiting.Add(shard);
        }
    }

    private int? Take()
    {
        foreach (var set in new[] { _first, _waiting, _last })
        {
            if (set.Count > 0) return set.Min;
        }

        return null;
    }

    private ShardOffer Lend(string worker, int shard, TimeSpan leaseTime, bool isHearsay = false)
    {
        if (_shardOf.TryGetValue(worker, out int other) && other != shard) Leave(worker);
        _waiting.Remove(shard);
        _first.Remove(shard);
        _last.Remove(shard);
        var until = Now + leaseTime;
        _leases[shard] = new Lease(worker, until, isHearsay);
        _shardOf[worker] = shard;
        if (until < _nextExpiry) _nextExpiry = until;
        return new ShardOffer(OfferKind.Shard, shard);
    }

    private void Forget(string worker)
    {
        if (_shardOf.Remove(worker, out int shard)) _leases.Remove(shard);
    }

    private void Finish(int shard)
    {
        _done.Add(shard);
        _doneDuringSweep.Add(shard);
        _waiting.Remove(shard);
        _first.Remove(shard);
        _last.Remove(shard);
    }

    // A shard that was lost comes first, or the end would wait for it; lost again, last: it may be what ends its workers, and holds up nothing else.
    private void Expire()
    {
        var now = Now;
        if (now < _nextExpiry) return;
        foreach (var (shard, lease) in _leases.Where(held => held.Value.Until <= now).ToArray())
        {
            Forget(lease.Worker);
            if (_done.Contains(shard)) continue;
            Lost++;
            OrleansTelemetry.Lost.Add(1);
            (_lostBefore.Add(shard) ? _first : _last).Add(shard);
        }

        _nextExpiry = _leases.Count == 0 ? TimeSpan.MaxValue : _leases.Values.Min(lease => lease.Until);
    }

    private readonly record struct Lease(string Worker, TimeSpan Until, bool IsHearsay);
}

using System.Diagnostics;
using Iba.Jobs;
using Orleans.Concurrency;

namespace Iba.Orleans;

/// <summary>
/// The schedule of a job, as a grain: one in the cluster, or for a while two if the cluster falls apart, which costs double work and no more. It keeps
/// nothing: wherever it comes up anew, it reads the job's folder. Reading it is done outside of the grain's turns.
/// </summary>
/// <param name="job">The coordinator's job.</param>
/// <param name="lease">After which silence a process that the folder names counts as dead.</param>
[Reentrant]
internal sealed class JobGrain(IbaJob job, CoordinatorLease lease) : Grain, IJobGrain
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Looking takes this part of the time at most, however slow the folder is.</summary>
    private const int LookingShare = 10;

    private readonly JobFolder _folder = new(job.Folder);
    private readonly ShardSchedule _schedule = new(job.Details.Shards, TimeProvider.System);
    private bool _hasLooked;
    private long _lookedAt;
    private TimeSpan _lookingTook;

    private bool IsOther => this.GetPrimaryKeyString() != job.Details.Id;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Not waited for: a large job's folder takes longer to list than Orleans waits for a grain.
        if (!IsOther) this.RegisterGrainTimer(
            LookAgainAsync, new GrainTimerCreationOptions { DueTime = TimeSpan.Zero, Period = LookInterval, Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ShardOffer> Next(string worker, TimeSpan leaseTime, int? committed)
    {
        if (IsOther) return Task.FromResult(new ShardOffer(OfferKind.OtherJob));
        if (committed is { } shard) _schedule.Return(worker, shard, isCommitted: true);
        if (!_hasLooked) return Task.FromResult(new ShardOffer(OfferKind.Wait));
        var offer = _schedule.Next(worker, leaseTime);
        if (offer.Kind == OfferKind.Shard) OrleansTelemetry.Leases.Add(1);
        return Task.FromResult(offer);
    }

    /// <inheritdoc/>
    public Task<bool> Renew(string worker, int shard, TimeSpan leaseTime) => Task.FromResult(!IsOther && _schedule.Renew(worker, shard, leaseTime));

    /// <inheritdoc/>
    public Task Leave(string worker)
    {
        if (!IsOther) _schedule.Leave(worker);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<(int Done, int Leased, long Lost, bool IsFinished)> Status()
        => Task.FromResult((_schedule.Done, _schedule.Leased, _schedule.Lost, _schedule.IsFinished));

    private async Task LookAgainAsync(CancellationToken cancellation)
    {
        if (_hasLooked && (!_schedule.NeedsSweep || Stopwatch.GetElapsedTime(_lookedAt) < LookingShare * _lookingTook)) return;
        try
        {
            await LookAsync();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The folder cannot be read for a moment; there is a next time.
        }
    }

    private async Task LookAsync()
    {
        _schedule.BeginSweep();
        long began = Stopwatch.GetTimestamp();
        var (committed, atWork) = await Task.Run(() => (_folder.Committed(), new AttemptLog(_folder, lease.Time).Live()));
        _schedule.Sweep(committed, atWork, lease.Time);
        _hasLooked = true;
        _lookedAt = Stopwatch.GetTimestamp();
        _lookingTook = Stopwatch.GetElapsedTime(began, _lookedAt);
    }
}

using Orleans.Concurrency;

namespace Iba.Orleans;

/// <summary>Hands out the shards of one job; its key is the job's name.</summary>
internal interface IJobGrain : IGrainWithStringKey
{
    /// <summary>A shard for a worker, as <see cref="ShardSchedule.Next"/>.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="leaseTime">After which silence it is to count as dead.</param>
    /// <param name="committed">The shard that it has committed since it last had an answer; null: none.</param>
    Task<ShardOffer> Next(string worker, TimeSpan leaseTime, int? committed);

    /// <inheritdoc cref="ShardSchedule.Renew"/>
    Task<bool> Renew(string worker, int shard, TimeSpan leaseTime);

    /// <inheritdoc cref="ShardSchedule.Leave"/>
    Task Leave(string worker);

    /// <summary>How far the job is.</summary>
    [ReadOnly]
    Task<(int Done, int Leased, long Lost, bool IsFinished)> Status();
}

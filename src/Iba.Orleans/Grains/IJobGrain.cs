using Orleans.Concurrency;

namespace Iba.Orleans;

/// <summary>Hands out the shards of one job; its key is the job's name.</summary>
internal interface IJobGrain : IGrainWithStringKey
{
    /// <inheritdoc cref="ShardSchedule.Next"/>
    Task<ShardOffer> Next(string worker, TimeSpan leaseTime);

    /// <inheritdoc cref="ShardSchedule.Renew"/>
    Task<bool> Renew(string worker, int shard, TimeSpan leaseTime);

    /// <inheritdoc cref="ShardSchedule.Return"/>
    Task Return(string worker, int shard, bool isCommitted);

    /// <inheritdoc cref="ShardSchedule.Leave"/>
    Task Leave(string worker);

    /// <summary>How far the job is.</summary>
    [ReadOnly]
    Task<JobGrainStatus> Status();
}

namespace Iba.Jobs;

/// <summary>
/// Hands out a job's shards. It only saves work: a shard that two processes get is committed once, and one that none gets is done the next time, so
/// whatever a feed does, the result is the same. Members are called from one thread, but for <see cref="Renew"/>.
/// </summary>
public interface IShardFeed
{
    /// <summary>The next shard; null: there are no more for this process.</summary>
    /// <param name="cancellation">Ends the waiting for one.</param>
#pragma warning disable CA1716 // Visual Basic can escape the name.
    ShardLease? Next(CancellationToken cancellation);
#pragma warning restore CA1716

    /// <summary>Says that this process is at work on a shard: called several times in <see cref="WorkOptions.LeaseTime"/>, from another thread.</summary>
    /// <param name="lease">The shard.</param>
    /// <returns>False: it was handed to another process meanwhile. The work goes on, and does no harm.</returns>
    bool Renew(ShardLease lease);

    /// <summary>Gives a shard back.</summary>
    /// <param name="lease">The shard.</param>
    /// <param name="isCommitted">False: it is still to be done.</param>
    void Done(ShardLease lease, bool isCommitted);
}

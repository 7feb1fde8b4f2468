namespace Iba.Jobs;

/// <summary>Every n-th shard, as far as it is not done.</summary>
internal sealed class PartFeed(JobFolder folder, int shards, int index, int count) : IShardFeed
{
    private Queue<int>? _left;

    /// <inheritdoc/>
    public ShardLease? Next(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _left ??= Order();
        while (_left.TryDequeue(out int shard))
        {
            if (!folder.IsCommitted(shard)) return new ShardLease(shard);
        }

        return null;
    }

    /// <inheritdoc/>
    public bool Renew(ShardLease lease) => true;

    /// <inheritdoc/>
    public void Done(ShardLease lease, bool isCommitted)
    {
    }

    private Queue<int> Order()
    {
        var suspects = new AttemptLog(folder, new WorkOptions().LeaseTime).Suspects();
        return new Queue<int>(Enumerable.Range(0, shards).Where(shard => shard % count == index).OrderBy(suspects.Contains));
    }
}

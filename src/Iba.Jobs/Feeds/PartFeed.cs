namespace Iba.Jobs;

/// <summary>Every n-th shard, as far as it is not done.</summary>
internal sealed class PartFeed(JobFolder folder, int shards, int index, int count) : IShardFeed
{
    private int _next = index;

    /// <inheritdoc/>
    public ShardLease? Next(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        while (_next < shards && folder.IsCommitted(_next)) _next += count;
        if (_next >= shards) return null;
        var lease = new ShardLease(_next);
        _next += count;
        return lease;
    }

    /// <inheritdoc/>
    public bool Renew(ShardLease lease) => true;

    /// <inheritdoc/>
    public void Done(ShardLease lease, bool isCommitted)
    {
    }
}

namespace Iba.Jobs;

/// <summary>
/// The shards that are neither done nor leased, by lease files in the job's folder: processes may come and go. Two may steal a dead one's lease at
/// once; that costs the work of a shard.
/// </summary>
internal sealed class FolderFeed(JobFolder folder, int shards, TimeSpan leaseTime) : IShardFeed
{
    /// <summary>What the system says of a file that exists: EEXIST, and ERROR_FILE_EXISTS.</summary>
    private const int Exists = 17, ExistsOnWindows = unchecked((int)0x80070050);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly AttemptLog _attempts = new(folder, leaseTime);
    private readonly SortedSet<int> _left = [.. Enumerable.Range(0, shards)];

    /// <inheritdoc/>
    public ShardLease? Next(CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder.Leases);
        _left.ExceptWith(folder.Committed());
        while (true)
        {
            var suspects = _attempts.Suspects();
            foreach (int shard in _left.OrderBy(suspects.Contains).ToArray())
            {
                cancellation.ThrowIfCancellationRequested();
                if (!folder.IsCommitted(shard) && TryTake(shard))
                {
                    if (!folder.IsCommitted(shard)) return new ShardLease(shard);
                    Release(shard);
                }

                if (folder.IsCommitted(shard)) _left.Remove(shard);
            }

            if (_left.Count == 0) return null;
            cancellation.WaitHandle.WaitOne(Poll);
        }
    }

    /// <inheritdoc/>
    public bool Renew(ShardLease lease)
    {
        string path = PathOf(lease.Shard);
        if (WorkerRecord.Read(path) != WorkerRecord.Current) return false;
        try
        {
            // Written to, not touched: the file system's clock counts.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.Write(WorkerRecord.Current.ToBytes());
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Done(ShardLease lease, bool isCommitted)
    {
        if (isCommitted) _left.Remove(lease.Shard);
        if (WorkerRecord.Read(PathOf(lease.Shard)) == WorkerRecord.Current) Release(lease.Shard);
    }

    private string PathOf(int shard) => Path.Combine(folder.Leases, $"{JobFolder.ShardName(shard)}.json");

    private void Release(int shard) => File.Delete(PathOf(shard));

    private bool TryTake(int shard)
    {
        string path = PathOf(shard);
        if (TryCreate(path)) return true;
        if (!IsDead(path)) return false;
        File.Delete(path);
        return TryCreate(path);
    }

    private static bool TryCreate(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (IOException failure) when (failure.HResult is Exists or ExistsOnWindows)
        {
            // Another's, which may be gone again by now.
            return false;
        }

        try
        {
            using (file) file.Write(WorkerRecord.Current.ToBytes());
            return true;
        }
        catch (IOException)
        {
            // The disk is full: an empty lease would keep everybody waiting.
            File.Delete(path);
            throw;
        }
    }

    private bool IsDead(string path)
    {
        var record = WorkerRecord.Read(path);
        var written = File.GetLastWriteTimeUtc(path);
        if (!File.Exists(path)) return false;
        // Most are alive and near by: the file system's clock is asked only where this machine's says that it has been long.
        if (!WorkerRecord.IsDead(record, TimeSpan.Zero, leaseTime) && DateTime.UtcNow - written < leaseTime / 2) return false;
        return WorkerRecord.IsDead(record, folder.Now() - written, leaseTime);
    }
}

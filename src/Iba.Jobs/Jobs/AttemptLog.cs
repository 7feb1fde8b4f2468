namespace Iba.Jobs;

/// <summary>Who tries which shard, and who died of it. A row can end the process (libtorch aborts on some errors): only another process can tell.</summary>
/// <param name="folder">The job's folder.</param>
/// <param name="leaseTime">After which silence a process on another machine counts as dead.</param>
internal sealed class AttemptLog(JobFolder folder, TimeSpan leaseTime)
{
    /// <summary>Writes down that this process begins with a shard.</summary>
    public Attempt Begin(int shard) => new(folder, Path.Combine(folder.Attempts, $"{JobFolder.ShardName(shard)}.{WorkerRecord.WorkerName}.json"));

    /// <summary>What processes that died had been trying: a shard as a whole (null), or one of its rows.</summary>
    /// <param name="shard">The shard. Null: all of them.</param>
    public IReadOnlyList<long?> Deaths(int? shard = null) => [.. Dead(shard).Select(dead => dead.Record?.Row)];

    /// <summary>
    /// The shards at which processes died and that are still open. They come last: what is wrong with one of them holds nothing else up, and processes
    /// that somebody kills do not die at the same row again and again, which would then be blamed.
    /// </summary>
    public IReadOnlySet<int> Suspects() => Dead(null).Select(dead => JobFolder.ShardOf(dead.Path)).OfType<int>().ToHashSet();

    /// <summary>The number of shards that processes are at work on.</summary>
    public int Working() => Files(null).Count() - Dead(null).Count;

    /// <summary>The shards that live processes try, and the name of each (<see cref="WorkerRecord.WorkerName"/>).</summary>
    public IReadOnlyList<(int Shard, string Worker)> Live()
    {
        var dead = Dead(null).Select(file => file.Path).ToHashSet();
        return [.. Files(null).Where(path => !dead.Contains(path)).Select(path => (JobFolder.ShardOf(path), WorkerOf(path))).Where(file => file.Item1 != null).Select(file => (file.Item1!.Value, file.Item2))];
    }

    /// <summary>Forgets who died of a shard: it is done.</summary>
    public void Clear(int shard)
    {
        foreach (var (path, _) in Dead(shard)) File.Delete(path);
    }

    private IReadOnlyList<(string Path, WorkerRecord? Record)> Dead(int? shard)
    {
        string[] files = [.. Files(shard)];
        if (files.Length == 0) return [];
        var now = folder.Now();
        return
        [
            .. files.Select(path => (Path: path, Record: WorkerRecord.Read(path)))
                .Where(file => File.Exists(file.Path) && WorkerRecord.IsDead(file.Record, now - File.GetLastWriteTimeUtc(file.Path), leaseTime)),
        ];
    }

    // A machine's name may have points.
    private static string WorkerOf(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return name[(name.IndexOf('.') + 1)..];
    }

    private IEnumerable<string> Files(int? shard)
        => Directory.Exists(folder.Attempts) ? Directory.EnumerateFiles(folder.Attempts, shard is { } number ? $"{JobFolder.ShardName(number)}.*.json" : "*.json") : [];
}

namespace Iba.Jobs;

/// <summary>How far a job is, read from its folder: whoever works on it, and wherever.</summary>
/// <param name="JobId">The plan's name.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="RowsDone">Those in committed shards.</param>
/// <param name="Failures">Those of them that could not be explained.</param>
/// <param name="Shards">The number of shards.</param>
/// <param name="ShardsDone">Those that are committed.</param>
/// <param name="Working">Shards that live processes are at work on.</param>
/// <param name="Deaths">Processes that died at shards that are still open.</param>
/// <param name="Conflicts">Files that came second with other bytes; see the folder <c>conflicts</c>.</param>
/// <param name="IsMerged">Whether <c>result.parquet</c> and <c>manifest.json</c> are there.</param>
public sealed record JobStatus(
    string JobId, long Rows, long RowsDone, long Failures, int Shards, int ShardsDone, int Working, int Deaths, int Conflicts, bool IsMerged)
{
    /// <summary>Whether every shard is committed.</summary>
    public bool IsComplete => ShardsDone == Shards;
}

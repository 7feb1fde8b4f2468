namespace Iba.Jobs;

/// <summary>What one process did of a job.</summary>
/// <param name="Rows">Rows that it computed.</param>
/// <param name="Failures">Those that could not be explained.</param>
/// <param name="Shards">Shards that it committed.</param>
/// <param name="Duplicates">Shards that another process had committed first, with the same bytes.</param>
/// <param name="Conflicts">Shards that another process had committed first, with other bytes: processors or versions round differently.</param>
/// <param name="IsComplete">Whether every shard of the job is committed now, by whomever.</param>
public sealed record WorkSummary(long Rows, long Failures, int Shards, int Duplicates, int Conflicts, bool IsComplete);

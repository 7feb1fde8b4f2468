namespace Iba.Orleans;

/// <summary>How far a job is, as its coordinator knows.</summary>
/// <param name="Shards">The number of shards.</param>
/// <param name="ShardsDone">Those that are committed.</param>
/// <param name="Working">Those that workers are at work on: as many as there are workers that have something to do.</param>
/// <param name="Lost">How often a worker fell silent, so that its shard went to another, since this coordinator began.</param>
/// <param name="IsFinished">Whether the folder has every shard.</param>
public sealed record CoordinatorStatus(int Shards, int ShardsDone, int Working, long Lost, bool IsFinished);

namespace Iba.Jobs;

/// <summary>A shard that was handed out.</summary>
/// <param name="Shard">Its number, from 0.</param>
public sealed record ShardLease(int Shard);

namespace Iba.Jobs;

/// <summary>What became of a shard in this process.</summary>
/// <param name="Result">What became of the commit.</param>
/// <param name="Rows">Rows that were computed; 0: it was done already.</param>
/// <param name="Failures">Those that could not be explained.</param>
internal readonly record struct ShardOutcome(CommitResult Result, long Rows, long Failures);

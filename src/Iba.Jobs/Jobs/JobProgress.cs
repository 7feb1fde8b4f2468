namespace Iba.Jobs;

/// <summary>How far this process has come with a job.</summary>
/// <param name="Rows">Rows that it has done, failures among them.</param>
/// <param name="Failures">Those of them that could not be explained.</param>
/// <param name="Shards">Shards that it has committed.</param>
/// <param name="TotalRows">The job's rows, whoever does them.</param>
public readonly record struct JobProgress(long Rows, long Failures, int Shards, long TotalRows);

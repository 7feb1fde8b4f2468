namespace Iba.Jobs;

/// <summary>What merging made.</summary>
/// <param name="ResultPath">The result's file.</param>
/// <param name="Sha256">Its hash: the same however the job was worked on.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Failures">Those that could not be explained.</param>
/// <param name="Conflicts">Shards that a second process computed with other bytes; the first ones count.</param>
/// <param name="Processors">The kinds of processors that computed; several may round differently.</param>
public sealed record MergeSummary(string ResultPath, string Sha256, long Rows, long Failures, int Conflicts, IReadOnlyList<string> Processors);

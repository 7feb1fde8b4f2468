namespace Iba.Jobs;

/// <summary>A row that comes out otherwise when it is computed again.</summary>
/// <param name="Row">Its number.</param>
/// <param name="Uri">Its name.</param>
/// <param name="LargestDifference">The largest difference between the two maps, in their unit; infinity: one has no map, or another shape.</param>
/// <param name="Failure">Why it could not be explained this time; null: it could.</param>
public sealed record RowDifference(long Row, string Uri, double LargestDifference, string? Failure);

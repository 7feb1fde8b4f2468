namespace Iba.Jobs;

/// <summary>What recomputing rows showed.</summary>
/// <param name="Rows">Rows that were computed again.</param>
/// <param name="Skipped">Rows of the sample that were not, since they end the process that computes them.</param>
/// <param name="Differences">Those that came out otherwise.</param>
public sealed record VerifySummary(int Rows, int Skipped, IReadOnlyList<RowDifference> Differences)
{
    /// <summary>Whether every row has the same bits.</summary>
    public bool IsSame => Differences.Count == 0;
}

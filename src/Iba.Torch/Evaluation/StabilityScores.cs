namespace Iba.Torch;

/// <summary>What <see cref="SeedStability"/> found for one row.</summary>
/// <param name="Mean">The mean map, row-major, in the map's unit.</param>
/// <param name="Deviation">The sample deviation over seeds at each position, row-major, in the map's unit.</param>
/// <param name="Correlation">Pearson's correlation, the mean over each two maps, -1 to 1; higher is better. NaN where a map is constant.</param>
/// <param name="LowestCorrelation">The lowest of them.</param>
/// <param name="Spearman">The rank correlation, the mean over each two maps, -1 to 1; higher is better. NaN where a map is constant.</param>
public sealed record StabilityScores(IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation, double Correlation, double LowestCorrelation, double Spearman);

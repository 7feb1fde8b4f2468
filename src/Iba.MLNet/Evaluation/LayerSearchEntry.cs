using Iba.Torch;

namespace Iba.MLNet;

/// <summary>A layer and a beta that were tried.</summary>
/// <param name="Layer">The layer: its name, its shape, and the share of the network's work that lies before it (maps at later layers cost less).</param>
/// <param name="Beta">The weight of the information.</param>
/// <param name="Metrics">How good the maps are, each row in the same order for all entries.</param>
public sealed record LayerSearchEntry(LayerInfo Layer, double Beta, AttributionMetrics Metrics)
{
    /// <summary>
    /// The number that entries are ranked by: <see cref="AttributionMetrics.DegradationIntegral"/> of pictures, else the mean of insertion less deletion.
    /// Higher is better.
    /// </summary>
    public double Score => Metrics.Rows.Select(ScoreOf).Where(score => !double.IsNaN(score)).DefaultIfEmpty(double.NaN).Average();

    /// <summary>A row's part in <see cref="Score"/>; NaN: none. One scale for all rows: among pictures, those that are smaller than a tile do not count.</summary>
    internal double ScoreOf(AttributionRowMetrics row) => IsDegraded ? row.DegradationIntegral : row.InsertionArea - row.DeletionArea;

    private bool IsDegraded => Metrics.Rows.Any(row => !double.IsNaN(row.DegradationIntegralUnnormalized));
}

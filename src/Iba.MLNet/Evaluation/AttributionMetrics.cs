using Iba.Torch;

namespace Iba.MLNet;

/// <summary>
/// How good the maps of a data set are: means over its rows with intervals by bootstrap, and each row's own numbers. What they say, and what not:
/// <c>docs/judging.md</c>.
/// </summary>
public sealed class AttributionMetrics
{
    private readonly double _level;
    private readonly int _seed;

    internal AttributionMetrics(IReadOnlyList<AttributionRowMetrics> rows, double level, int seed)
    {
        (Rows, _level, _seed) = (rows, level, seed);
        DegradationIntegral = Mean(row => row.DegradationIntegral);
        DegradationOverDataSet = Bootstrap.Of(
            [.. rows.Where(row => !double.IsNaN(row.DegradationIntegralUnnormalized))], NormalizedByDataSet, level, seed: seed);
        InsertionArea = Mean(row => row.InsertionArea);
        DeletionArea = Mean(row => row.DeletionArea);
        TopShare = Mean(row => row.Localization?.Map.ExpectedTopShare);
        MassShare = Mean(row => row.Localization?.Map.MassShare);
        Pointing = Mean(row => row.Localization?.Map.PointingWithMargin);
        AreaShare = Mean(row => row.Localization is { Map.TopShare: not double.NaN } scores ? scores.AreaShare : null);
        CentredGaussianTopShare = Mean(row => row.Localization?.CentredGaussian.ExpectedTopShare);
    }

    /// <summary>Each row's own numbers, in the order of the view.</summary>
    public IReadOnlyList<AttributionRowMetrics> Rows { get; }

    /// <summary>How many rows have no map that could be judged: it is missing or holds NaN.</summary>
    public int UnjudgedRows => Rows.Count(row => !row.IsJudged);

    /// <summary>
    /// How long a row's map took, in seconds, where the view computed it when it was read: the mean. It is about the machine, and the only number here that
    /// changes from run to run. Rows of a batch are computed together, also those of the last one that <see cref="AttributionEvaluationOptions.MaximumRows"/>
    /// leaves out. NaN without rows.
    /// </summary>
    public double SecondsPerMap { get; internal init; }

    /// <summary>
    /// The degradation test's integral, each row normalised by itself; higher is better, 0 knows nothing. Rows whose probability hardly falls do not count: see
    /// <see cref="DegradationCurves.CanNormalize"/>.
    /// </summary>
    public ConfidenceInterval DegradationIntegral { get; }

    /// <summary>The degradation test's integral of the mean curves, normalised over the data set as in the paper; higher is better.</summary>
    public ConfidenceInterval DegradationOverDataSet { get; }

    /// <summary>The area under the insertion curve, 0 to 1; higher is better.</summary>
    public ConfidenceInterval InsertionArea { get; }

    /// <summary>The area under the deletion curve, 0 to 1; lower is better.</summary>
    public ConfidenceInterval DeletionArea { get; }

    /// <summary>
    /// The share of the n highest pixels that lie on the object, n being its area, 0 to 1; higher is better. Compare with <see cref="AreaShare"/> and
    /// <see cref="CentredGaussianTopShare"/>. NaN without objects. See <see cref="MapLocalization.ExpectedTopShare"/>.
    /// </summary>
    public ConfidenceInterval TopShare { get; }

    /// <summary>The share of the map's positive mass that lies on the object, 0 to 1; higher is better.</summary>
    public ConfidenceInterval MassShare { get; }

    /// <summary>How often the map's peak lies on the object or within the margin, 0 to 1; higher is better.</summary>
    public ConfidenceInterval Pointing { get; }

    /// <summary>The object's share of the picture: what a map at random gets for <see cref="TopShare"/> and <see cref="MassShare"/>.</summary>
    public ConfidenceInterval AreaShare { get; }

    /// <summary>What a Gaussian in the middle of the picture gets for <see cref="TopShare"/>: what a map has to beat.</summary>
    public ConfidenceInterval CentredGaussianTopShare { get; }

    /// <summary>
    /// The mean difference of a number of these maps and of other maps of the same rows, this - other, with its interval; where it excludes 0, one is better.
    /// </summary>
    /// <param name="other">Metrics of the same rows, of another method.</param>
    /// <param name="number">Which number, for example <c>row => row.DegradationIntegral</c>; rows where it is NaN do not count.</param>
    /// <exception cref="ArgumentException">The rows are not the same.</exception>
    public ConfidenceInterval DifferenceFrom(AttributionMetrics other, Func<AttributionRowMetrics, double> number)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(number);
        if (!Rows.Select(row => row.Row).SequenceEqual(other.Rows.Select(row => row.Row)))
        {
            throw new ArgumentException($"The metrics are of {other.Rows.Count} rows and {Rows.Count} others: evaluate both on the same view.", nameof(other));
        }

        return Bootstrap.MeanDifference([.. Rows.Select(number)], [.. other.Rows.Select(number)], _level, seed: _seed);
    }

    private ConfidenceInterval Mean(Func<AttributionRowMetrics, double?> number)
        => Bootstrap.Mean(Rows.Select(row => number(row) ?? double.NaN), _level, seed: _seed);

    private static double NormalizedByDataSet(IReadOnlyList<AttributionRowMetrics> rows)
    {
        double drop = rows.Average(row => row.Probability - row.DegradedProbability);
        return drop >= DegradationCurves.SmallestDrop ? rows.Average(row => row.DegradationIntegralUnnormalized) / drop : double.NaN;
    }
}

namespace Iba.Torch;

/// <summary>What <see cref="DegradationTest"/> found for one row, or the mean of several.</summary>
public sealed class DegradationCurves
{
    /// <summary>
    /// Where the probability falls by less than this from the untouched picture to the fully degraded one, nothing can be normalised: the quotient would
    /// be noise. 0.01.
    /// </summary>
    public const double SmallestDrop = 0.01;

    internal DegradationCurves(IReadOnlyList<int> counts, IReadOnlyList<double> mostRelevantFirst, IReadOnlyList<double> leastRelevantFirst)
        => (Counts, MostRelevantFirst, LeastRelevantFirst) = (counts, mostRelevantFirst, leastRelevantFirst);

    /// <summary>How many tiles are replaced at each point, rising from 0 to all.</summary>
    public IReadOnlyList<int> Counts { get; }

    /// <summary>The target's probability, 0 to 1, at each point, the most relevant tiles first (MoRF).</summary>
    public IReadOnlyList<double> MostRelevantFirst { get; }

    /// <summary>The same, the least relevant tiles first (LeRF).</summary>
    public IReadOnlyList<double> LeastRelevantFirst { get; }

    /// <summary>The probability of the untouched picture, t1.</summary>
    public double Start => MostRelevantFirst[0];

    /// <summary>The probability of the fully degraded picture, b; the same for every map.</summary>
    public double End => MostRelevantFirst[^1];

    /// <summary>
    /// Whether the curves can be normalised: the probability falls by at least <see cref="SmallestDrop"/>. Else <see cref="Integral"/> is NaN, and the
    /// row counts in <see cref="Mean"/> only.
    /// </summary>
    public bool CanNormalize => Start - End >= SmallestDrop;

    /// <summary>The area between the curves of (p - b) / (t1 - b). Higher is better; NaN where they cannot be normalised.</summary>
    public double Integral => CanNormalize ? IntegralUnnormalized / (Start - End) : double.NaN;

    /// <summary>The area between the curves of the probability itself, LeRF - MoRF; -1 to 1, higher is better.</summary>
    public double IntegralUnnormalized => Curve.Area(Counts, LeastRelevantFirst) - Curve.Area(Counts, MostRelevantFirst);

    /// <summary>
    /// The mean curves of rows, as the paper normalises: by the mean t1 and the mean b over the data set. Rows that are NaN do not count; if all are, so is
    /// the result.
    /// </summary>
    /// <param name="rows">Curves with the same <see cref="Counts"/>, at least one.</param>
    /// <exception cref="ArgumentException">There are no rows, or their counts differ.</exception>
    public static DegradationCurves Mean(IEnumerable<DegradationCurves> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        DegradationCurves[] all = [.. rows];
        if (all.Length == 0) throw new ArgumentException("There are no rows to average.", nameof(rows));
        if (all.Any(row => !row.Counts.SequenceEqual(all[0].Counts)))
        {
            throw new ArgumentException("The rows have different counts: their pictures or tiles differ in size.", nameof(rows));
        }

        DegradationCurves[] judged = [.. all.Where(row => !double.IsNaN(row.IntegralUnnormalized))];
        if (judged.Length == 0) return all[0];
        return new DegradationCurves(all[0].Counts, MeanOf(row => row.MostRelevantFirst), MeanOf(row => row.LeastRelevantFirst));

        double[] MeanOf(Func<DegradationCurves, IReadOnlyList<double>> curve)
            => [.. Enumerable.Range(0, all[0].Counts.Count).Select(point => judged.Average(row => curve(row)[point]))];
    }
}

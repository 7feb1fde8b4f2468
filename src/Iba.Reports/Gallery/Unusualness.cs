namespace Iba.Reports;

/// <summary>How far a row's bits lie from those of rows like it.</summary>
internal static class Unusualness
{
    /// <summary>Classes with fewer rows are compared with all rows.</summary>
    public const int LeastRows = 8;

    // Makes the median of the distances as large as a standard deviation where bits are distributed normally.
    private const double DeviationsPerMedian = 1.4826;

    /// <summary>
    /// The distance of each row's bits from the median of its class, in units of the class's spread (1.4826 times the median of the distances).
    /// </summary>
    /// <param name="bits">Bits of each row; NaN: none.</param>
    /// <param name="classes">The class of each row; -1: none.</param>
    /// <returns>0 or more for each row; NaN where it has no bits.</returns>
    public static double[] Of(IReadOnlyList<double> bits, IReadOnlyList<int> classes)
    {
        int[] rows = Enumerable.Range(0, bits.Count).Where(row => !double.IsNaN(bits[row])).ToArray();
        var all = Spread(rows.Select(row => bits[row]));
        var spreads = rows.GroupBy(row => classes[row]).Where(group => group.Key >= 0 && group.Count() >= LeastRows)
            .ToDictionary(group => group.Key, group => Spread(group.Select(row => bits[row])));
        double[] distances = new double[bits.Count];
        Array.Fill(distances, double.NaN);
        foreach (int row in rows)
        {
            var (median, spread) = spreads.GetValueOrDefault(classes[row], all);
            distances[row] = spread > 0 ? Math.Abs(bits[row] - median) / spread : 0;
        }

        return distances;
    }

    private static (double Median, double Spread) Spread(IEnumerable<double> values)
    {
        var quantiles = new Quantiles(values);
        double median = quantiles[0.5];
        return (median, DeviationsPerMedian * new Quantiles(values.Select(value => Math.Abs(value - median)))[0.5]);
    }
}

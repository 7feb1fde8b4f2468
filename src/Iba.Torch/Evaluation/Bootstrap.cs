namespace Iba.Torch;

/// <summary>
/// Intervals over rows by the percentile bootstrap (Efron 1979): rows are drawn again with repetition, many times, and the interval holds the middle of what the
/// statistic then is. It says how far the number would move with other rows of the same kind, not whether the rows are the right ones.
/// </summary>
/// <remarks>
/// Rows that are NaN do not count. With fewer than two rows, or where the number itself is NaN, there is no interval. The same seed gives the same interval.
/// </remarks>
public static class Bootstrap
{
    /// <summary>The mean of numbers, with its interval.</summary>
    /// <param name="values">One number for each row; NaN does not count.</param>
    /// <param name="level">The interval's level, between 0 and 1; default 0.95.</param>
    /// <param name="resamples">How often rows are drawn again, at least 100; default 10,000.</param>
    /// <param name="seed">The seed; default 0.</param>
    public static ConfidenceInterval Mean(IEnumerable<double> values, double level = 0.95, int resamples = 10_000, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] judged = [.. values.Where(value => !double.IsNaN(value))];
        return Of(judged, indices => Sum(judged, indices) / indices.Length, level, resamples, seed);
    }

    /// <summary>
    /// The mean difference of paired numbers, first - second, with its interval: whether one way is better on the same rows. An interval that excludes
    /// 0 says so.
    /// </summary>
    /// <param name="first">One number for each row.</param>
    /// <param name="second">One number for each of the same rows; rows where either is NaN do not count.</param>
    /// <param name="level">The interval's level, between 0 and 1; default 0.95.</param>
    /// <param name="resamples">How often rows are drawn again, at least 100; default 10,000.</param>
    /// <param name="seed">The seed; default 0.</param>
    /// <exception cref="ArgumentException">There are not as many numbers in one as in the other.</exception>
    public static ConfidenceInterval MeanDifference(
        IReadOnlyList<double> first, IReadOnlyList<double> second, double level = 0.95, int resamples = 10_000, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
        {
            throw new ArgumentException($"{first.Count} numbers and {second.Count} are no pairs: give one of each for every row.", nameof(second));
        }

        return Mean(first.Zip(second, (a, b) => a - b), level, resamples, seed);
    }

    /// <summary>Any statistic of rows, with its interval, for example <c>sample => DegradationCurves.Mean(sample).Integral</c>.</summary>
    /// <typeparam name="T">What a row is.</typeparam>
    /// <param name="rows">The rows.</param>
    /// <param name="statistic">Computes the statistic; called once more than <paramref name="resamples"/>. Draws for which it is NaN do not count.</param>
    /// <param name="level">The interval's level, between 0 and 1; default 0.95.</param>
    /// <param name="resamples">How often rows are drawn again, at least 100; default 1,000.</param>
    /// <param name="seed">The seed; default 0.</param>
    public static ConfidenceInterval Of<T>(
        IReadOnlyList<T> rows, Func<IReadOnlyList<T>, double> statistic, double level = 0.95, int resamples = 1_000, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(statistic);
        T[] all = [.. rows];
        return Of(all, indices => statistic(Array.ConvertAll(indices, index => all[index])), level, resamples, seed);
    }

    private static ConfidenceInterval Of<T>(T[] rows, Func<int[], double> statistic, double level, int resamples, int seed)
    {
        if (level is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(level), level, $"The level is {level}; allowed: between 0 and 1.");
        if (resamples < 100) throw new ArgumentOutOfRangeException(nameof(resamples), resamples, $"{resamples} resamples; allowed: at least 100.");
        if (rows.Length == 0) return new ConfidenceInterval(double.NaN, double.NaN, double.NaN, 0);
        int[] indices = [.. Enumerable.Range(0, rows.Length)];
        double value = statistic(indices);
        if (rows.Length == 1 || double.IsNaN(value)) return new ConfidenceInterval(value, double.NaN, double.NaN, rows.Length);

        // A generator whose numbers .NET keeps the same for a seed.
        var random = new Random(seed);
        var drawn = new List<double>(resamples);
        for (int resample = 0; resample < resamples; resample++)
        {
            for (int i = 0; i < indices.Length; i++) indices[i] = random.Next(rows.Length);
            double found = statistic(indices);
            if (!double.IsNaN(found)) drawn.Add(found);
        }

        drawn.Sort();
        return new ConfidenceInterval(value, Quantile(drawn, (1 - level) / 2), Quantile(drawn, (1 + level) / 2), rows.Length);
    }

    private static double Sum(double[] values, int[] indices)
    {
        double sum = 0;
        foreach (int index in indices) sum += values[index];
        return sum;
    }

    /// <summary>Linear between the order statistics, as numpy does it.</summary>
    private static double Quantile(List<double> sorted, double share)
    {
        if (sorted.Count == 0) return double.NaN;
        double place = share * (sorted.Count - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}

namespace Iba.Torch;

/// <summary>Correlations of two series of the same length; NaN where one of them does not vary, holds NaN or infinity, or has fewer than two numbers.</summary>
internal static class Correlation
{
    /// <summary>Pearson's correlation, -1 to 1.</summary>
    public static double Pearson(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        if (!Varies(a) || !Varies(b)) return double.NaN;
        double meanA = Mean(a), meanB = Mean(b), ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double fromA = a[i] - meanA, fromB = b[i] - meanB;
            ab += fromA * fromB;
            aa += fromA * fromA;
            bb += fromB * fromB;
        }

        return Math.Clamp(ab / (Math.Sqrt(aa) * Math.Sqrt(bb)), -1, 1);
    }

    /// <summary>Spearman's correlation: Pearson's, of the ranks; equal numbers share the mean of theirs. As scipy.stats.spearmanr.</summary>
    public static double Spearman(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
        => AllFinite(a) && AllFinite(b) ? Pearson(Ranks(a), Ranks(b)) : double.NaN;

    public static bool AllFinite(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) return false;
        }

        return true;
    }

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray(), ranks = new double[values.Length];
        int[] order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(sorted, order);
        for (int first = 0, next; first < sorted.Length; first = next)
        {
            for (next = first + 1; next < sorted.Length && sorted[next] == sorted[first];) next++;
            for (int i = first; i < next; i++) ranks[order[i]] = (first + next - 1) / 2.0;
        }

        return ranks;
    }

    /// <summary>Not by the variance, which rounding lifts above 0.</summary>
    private static bool Varies(ReadOnlySpan<double> values)
    {
        bool varies = false;
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) return false;
            varies |= value != values[0];
        }

        return varies;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values) sum += value;
        return sum / values.Length;
    }
}

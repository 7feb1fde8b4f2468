namespace Iba.Torch;

/// <summary>What is read off curves over the number of changed positions.</summary>
internal static class Curve
{
    /// <summary>The area under a curve by the trapezoid rule, over the share of positions, 0 to 1.</summary>
    /// <param name="counts">The number of positions at each point, rising from 0; the last is the whole.</param>
    /// <param name="values">The curve.</param>
    public static double Area(IReadOnlyList<int> counts, IReadOnlyList<double> values)
    {
        double area = 0;
        for (int i = 1; i < counts.Count; i++) area += (counts[i] - counts[i - 1]) * (values[i] + values[i - 1]) / 2;
        return area / counts[^1];
    }

    /// <summary>0, step, 2 step and so on up to and with the total, which is at least 1.</summary>
    public static int[] Counts(int total, int step)
    {
        int points = ((total - 1) / step) + 1;
        return [.. Enumerable.Range(0, points).Select(point => point * step), total];
    }

    /// <summary>A curve of a row that says nothing.</summary>
    public static double[] Undefined(int points)
    {
        double[] values = new double[points];
        Array.Fill(values, double.NaN);
        return values;
    }
}

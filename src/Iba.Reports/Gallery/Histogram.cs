using System.Globalization;

namespace Iba.Reports;

/// <summary>How many values lie in each of some equally wide intervals between round numbers.</summary>
/// <param name="First">The first interval's number: it begins at so many steps.</param>
/// <param name="Step">How wide each is.</param>
/// <param name="Counts">The values in each: its lower edge belongs to it, its upper edge does not.</param>
internal sealed record Histogram(double First, double Step, IReadOnlyList<int> Counts)
{
    private const int MostIntervals = 30;

    private static readonly double[] Factors = [1, 2, 5, 10];

    /// <summary>Counts values.</summary>
    /// <param name="values">At least one, all finite.</param>
    public static Histogram Of(IReadOnlyCollection<double> values)
    {
        double least = values.Min(), most = values.Max();
        double step = RoundStep((most - least) / MostIntervals);
        // Where all values are equal, one interval holds them.
        if (step == 0) step = RoundStep(Math.Abs(least) / 10) is > 0 and double round ? round : 1;
        double first = Interval(least, step);
        int[] counts = new int[(int)(Interval(most, step) - first) + 1];
        foreach (double value in values) counts[(int)(Interval(value, step) - first)]++;
        return new(first, step, counts);
    }

    /// <summary>The lower edge of an interval; the upper edge of the one before it.</summary>
    public double Edge(int interval) => EdgeOf(First + interval, Step);

    /// <summary>The least of 1, 2 and 5 times a power of ten that is not below a length; 0 for 0.</summary>
    internal static double RoundStep(double length)
    {
        if (length <= 0) return 0;
        double power = Math.Pow(10, Math.Floor(Math.Log10(length)));
        return Factors.Select(factor => factor * power).First(step => step >= length * (1 - 1e-9));
    }

    // The quotient's rounding must not put a value beside its interval, whose edges are what readers see.
    private static double Interval(double value, double step)
    {
        double interval = Math.Floor(value / step);
        if (value < EdgeOf(interval, step)) return interval - 1;
        return value >= EdgeOf(interval + 1, step) ? interval + 1 : interval;
    }

    private static double EdgeOf(double interval, double step)
        => double.Parse((interval * step).ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

namespace Iba.MLNet;

/// <summary>How much maps of the same row with different seeds differ: the sample's standard deviation, divisor n - 1.</summary>
internal static class SeedDeviation
{
    /// <summary>At each place.</summary>
    /// <param name="maps">At least two, of equal length.</param>
    public static float[] OfMaps(IReadOnlyList<float[]> maps)
    {
        float[] deviations = new float[maps[0].Length];
        for (int i = 0; i < deviations.Length; i++) deviations[i] = Of(maps.Select(map => (double)map[i]));
        return deviations;
    }

    /// <summary>Of the maps' sums.</summary>
    /// <param name="maps">At least two.</param>
    public static float OfTotals(IReadOnlyList<float[]> maps) => Of(maps.Select(map => map.Sum(bits => (double)bits)));

    private static float Of(IEnumerable<double> values)
    {
        double[] all = values.ToArray();
        double mean = all.Average();
        return (float)Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1));
    }
}

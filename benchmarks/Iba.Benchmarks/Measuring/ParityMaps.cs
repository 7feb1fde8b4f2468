namespace Iba.Benchmarks;

/// <summary>The maps of a <see cref="ParitySetting"/>.</summary>
/// <param name="Setting">How they were computed.</param>
/// <param name="Seconds">What one photograph took, by the clock.</param>
/// <param name="Maps">The maps, in bits per pixel, one for each photograph.</param>
internal sealed record ParityMaps(ParitySetting Setting, Sample Seconds, IReadOnlyList<float[]> Maps)
{
    /// <summary>The correlation of each map with another's.</summary>
    public double[] Correlation(ParityMaps other) => Compare(other, (own, others) => Torch.Correlation.Pearson([.. own.Select(bits => (double)bits)], [.. others.Select(bits => (double)bits)]));

    /// <summary>The total of each map, divided by another's.</summary>
    public double[] Bits(ParityMaps other) => Compare(other, (own, others) => own.Sum(bits => (double)bits) / others.Sum(bits => (double)bits));

    /// <summary>The largest difference of each map from another, as a share of that one's largest value.</summary>
    public double[] Difference(ParityMaps other) => Compare(other, (own, others) => own.Zip(others, (x, y) => Math.Abs(x - y)).Max() / others.Max());

    private double[] Compare(ParityMaps other, Func<float[], float[], double> compare) => [.. Maps.Zip(other.Maps, compare)];
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Stability over seeds: how much of a map is the network's, and how much the noise's that the method draws.</summary>
/// <remarks>
/// Maps of several seeds give a mean map, the deviation at each position, and correlations between each two maps, -1 to 1; higher is better, 1 for
/// a method without noise. Low correlations ask for more noise copies or steps, or for the mean map. High ones do not mean that a map is right.
/// </remarks>
/// <param name="seeds">The seeds, at least 2, each once. Null (default): 0 to 4.</param>
public sealed class SeedStability(IReadOnlyList<long>? seeds = null)
{
    private readonly long[] _seeds = seeds switch
    {
        null => [0, 1, 2, 3, 4],
        { Count: < 2 } => throw new ArgumentException($"There are {seeds.Count} seeds: give at least 2.", nameof(seeds)),
        _ when seeds.Distinct().Count() < seeds.Count => throw new ArgumentException("A seed comes twice, and its maps are equal by themselves: give each seed once.", nameof(seeds)),
        _ => [.. seeds],
    };

    /// <summary>Judges a way to explain.</summary>
    /// <param name="explain">Computes maps for a seed, float <c>[N, ...]</c>, always of the same rows and classes; its results are disposed.</param>
    /// <param name="cancellation">Ends the work between two seeds.</param>
    /// <returns>The stability of each row; NaN for a row for which a map holds NaN.</returns>
    /// <exception cref="ArgumentException">The maps differ in shape.</exception>
    public IReadOnlyList<StabilityScores> Measure(Func<long, Tensor> explain, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(explain);
        var maps = new List<double[][]>();
        long[]? shape = null;
        foreach (long seed in _seeds)
        {
            cancellation.ThrowIfCancellationRequested();
            using var ofSeed = explain(seed);
            shape ??= ofSeed.shape;
            if (shape.Length < 2 || !ofSeed.shape.SequenceEqual(shape))
            {
                throw new ArgumentException($"The maps of seed {seed} are {Shapes.Format(ofSeed.shape)}; expected [N, ...], as those before: {Shapes.Format(shape)}.", nameof(explain));
            }

            MapRows.Check(ofSeed, shape[0], shape[1..], nameof(explain));
            maps.Add([.. Enumerable.Range(0, (int)shape[0]).Select(row => MapRows.Of(ofSeed, row))]);
        }

        return [.. Enumerable.Range(0, (int)shape![0]).Select(row => Of([.. maps.Select(ofSeed => ofSeed[row])]))];
    }

    private static StabilityScores Of(double[][] maps)
    {
        double[] mean = new double[maps[0].Length], deviation = new double[mean.Length];
        for (int position = 0; position < mean.Length; position++)
        {
            mean[position] = maps.Average(map => map[position]);
            deviation[position] = Math.Sqrt(maps.Sum(map => Math.Pow(map[position] - mean[position], 2)) / (maps.Length - 1));
        }

        (double Pearson, double Spearman)[] pairs =
        [
            .. from second in Enumerable.Range(1, maps.Length - 1)
               from first in Enumerable.Range(0, second)
               select (Correlation.Pearson(maps[first], maps[second]), Correlation.Spearman(maps[first], maps[second])),
        ];
        return new StabilityScores(mean, deviation, pairs.Average(pair => pair.Pearson), pairs.Min(pair => pair.Pearson), pairs.Average(pair => pair.Spearman));
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The degradation test: how fast the target's probability falls when tiles of the picture are replaced, the most relevant first (MoRF), and how
/// long it holds when the least relevant go first (LeRF). A good map makes the two curves differ.
/// </summary>
/// <remarks>
/// <para>
/// A tile's score is the mean of the map over it; tiles are replaced by the picture's own mean of each channel. With p(k) the target's probability
/// after k of n tiles, t1 = p(0) and b = p(n), the result is the area between the curves of s = (p - b) / (t1 - b):
/// integral over k/n of s_LeRF - s_MoRF, by the trapezoid rule. Higher is better; 0 is a map that knows nothing, usual maps stay within -1 to 1, and
/// nothing is clamped: removing tiles may raise the probability above t1.
/// </para>
/// <para>
/// Schulz et al. 2020, "Restricting the Flow", section 5 (after Ancona et al. 2018 and Samek et al. 2017). Their tiles are 8 x 8 and 14 x 14. Where the
/// size does not divide the picture, the last tiles take the rest. Equal tiles go in row-major order, in both directions.
/// </para>
/// </remarks>
/// <param name="tileHeight">The height of a tile, at least 1.</param>
/// <param name="tileWidth">The width of a tile, at least 1.</param>
/// <example>
/// <code>
/// using var network = OnnxNetwork.Load("classifier.onnx");
/// using var split = network.SplitAtInput();
/// using var method = new Occlusion(14);
/// var pictures = TorchSharp.torch.rand(4, 3, 224, 224);
/// using var attribution = method.Explain(split, [pictures]);
/// using var rows = new EvaluationRows(network, [pictures]);
/// var curves = new DegradationTest(tile: 14).Measure(rows, attribution.ToMap(224, 224));
/// Console.WriteLine(Bootstrap.Mean(curves.Select(row => row.Integral)));
/// </code>
/// </example>
public sealed class DegradationTest(int tileHeight, int tileWidth)
{
    private readonly int _tileHeight = AtLeastOne(tileHeight, nameof(tileHeight));
    private readonly int _tileWidth = AtLeastOne(tileWidth, nameof(tileWidth));

    /// <summary>A test with square tiles.</summary>
    /// <param name="tile">The side of a tile, at least 1; default 14.</param>
    public DegradationTest(int tile = 14)
        : this(AtLeastOne(tile, nameof(tile)), tile)
    {
    }

    /// <summary>
    /// After how many tiles the probability is looked at, rising, each from 0 to the number of tiles; 0 and all tiles are looked at in any case. Fewer
    /// points cost less. Null (default): after every tile.
    /// </summary>
    public IReadOnlyList<int>? Counts { get; init; }

    /// <summary>Judges maps of rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="maps">float <c>[N, H, W]</c>, at the input's size.</param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    /// <returns>The curves of each row; NaN for a row whose map holds NaN or infinity, or whose class does not exist.</returns>
    /// <exception cref="ArgumentException">The maps have another size, or a tile is larger than the input.</exception>
    public IReadOnlyList<DegradationCurves> Measure(EvaluationRows rows, Tensor maps, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        rows.RefuseMask(nameof(DegradationTest), nameof(rows));
        var grid = new TileGrid(rows.Positions, _tileHeight, _tileWidth, nameof(rows));
        int[] counts = PointsOf(grid.Count);
        return rows.Measure(maps, MeasureRow, () => new DegradationCurves(counts, Curve.Undefined(counts.Length), Curve.Undefined(counts.Length)), cancellation);

        DegradationCurves MeasureRow(EvaluationRow row, int index, double[] map)
        {
            double[] scores = grid.Means(map);
            var fill = row.Filled(PixelFill.ChannelMean);
            double[] mostRelevantFirst = After(Ranking.Descending(scores), counts);
            // Both ends are the same input in both curves.
            double[] between = After(Ranking.Ascending(scores), counts[1..^1]);
            return new DegradationCurves(counts, mostRelevantFirst, [mostRelevantFirst[0], .. between, mostRelevantFirst[^1]]);

            double[] After(int[] order, int[] points)
                => points.Length == 0 ? [] : row.Probabilities(grid.Spread(Ranking.Places(order, grid.Count)), points, row.Input, fill);
        }
    }

    private int[] PointsOf(int tiles)
    {
        if (Counts is null) return [.. Enumerable.Range(0, tiles + 1)];
        foreach (int count in Counts)
        {
            if (count < 0 || count > tiles) throw new ArgumentException($"{nameof(Counts)} holds {count}; there are {tiles} tiles: allowed are 0 to {tiles}.");
        }

        return [.. Counts.Append(0).Append(tiles).Distinct().Order()];
    }

    private static int AtLeastOne(int value, string name)
        => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; allowed: at least 1.");
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Sensitivity-n: whether the values of a map add up to what the network loses. For random sets S of n tiles, Pearson's correlation between
/// the sum of the map over S and f(x) - f(x without S), f being the target's score.
/// </summary>
/// <remarks>
/// One correlation for each n and row, -1 to 1, higher is better; NaN where the map or the loss does not vary over the sets. Sets are drawn without
/// repetition by <see cref="Seed"/> and are the same for every row. f is the logit, or the logarithm of the probability where the network gives
/// probabilities. Ancona et al. 2018, "Towards better understanding of gradient-based attribution methods", section 4; they
/// average the correlations of rows. Schulz et al. 2020 pool all rows into one: see <see cref="SensitivityNCorrelations.Pooled"/>.
/// </remarks>
/// <param name="tile">
/// The side of the tiles that sets are made of, at least 1; default 1, single positions. Larger ones disturb the network in a way that it notices.
/// </param>
public sealed class SensitivityN(int tile = 1)
{
    /// <summary>Up to this share of the tiles, as Ancona et al. do.</summary>
    private const double LargestShare = 0.8;

    private const int SizesByDefault = 16;

    private readonly int _tile = tile >= 1
        ? tile
        : throw new ArgumentOutOfRangeException(nameof(tile), tile, $"The side of the tiles is {tile}; allowed: at least 1.");

    /// <summary>
    /// The sizes n, each from 1 to the number of tiles. Null (default): 16, evenly spaced by their logarithms, from 1 to 80 % of the tiles; fewer where
    /// they round to the same number.
    /// </summary>
    public IReadOnlyList<int>? Sizes { get; init; }

    /// <summary>How many sets of each size, at least 3; default 100.</summary>
    public int SetsPerSize { get; init; } = 100;

    /// <summary>The seed of the sets; default 0.</summary>
    public long Seed { get; init; }

    /// <summary>What removed tiles become. Default <see cref="PixelFill.Zero"/>, as in both papers.</summary>
    public PixelFill Fill { get; init; } = PixelFill.Zero;

    /// <summary>
    /// Sets to use instead of random ones: for each size, its sets, each of which lists the indices of tiles, row by row; repetitions count once. Null
    /// (default): <see cref="Sizes"/>, <see cref="SetsPerSize"/> and <see cref="Seed"/> say it.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<IReadOnlyList<int>>>? IndexSets { get; init; }

    /// <summary>Judges maps of rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="maps">float <c>[N, H, W]</c> or <c>[N, L]</c>, at the input's size.</param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    /// <returns>The correlations of each row; NaN for a row whose map holds NaN or infinity, or whose class does not exist.</returns>
    /// <exception cref="ArgumentException">The maps have another size, or an option does not fit the input.</exception>
    public IReadOnlyList<SensitivityNCorrelations> Measure(EvaluationRows rows, Tensor maps, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        rows.RefuseMask(nameof(SensitivityN), nameof(rows));
        rows.CheckFill(Fill, nameof(Fill));
        var grid = new TileGrid(rows.Positions, _tile, _tile, nameof(rows));
        int[][][] sets = SetsOf(grid.Count);
        int[] sizes = [.. sets.Select(ofSize => ofSize[0].Length)];
        return rows.Measure(maps, MeasureRow, Undefined, cancellation);

        SensitivityNCorrelations MeasureRow(EvaluationRow row, int index, double[] map)
        {
            double[] sums = grid.Sums(map);
            double[][] relevance = [.. sets.Select(ofSize => Array.ConvertAll(ofSize, set => set.Distinct().Sum(at => sums[at])))];
            var fill = row.Filled(Fill);
            int[][] all = [.. sets.SelectMany(ofSize => ofSize)];
            // The first version is the input itself.
            double[] scores = row.Scores(all.Length + 1, (first, count) =>
            {
                bool[] removed = [.. Enumerable.Range(first, count).SelectMany(version => grid.Spread(Members(version == 0 ? [] : all[version - 1])))];
                return fill.where(row.AtPositions(tensor(removed).view([count, .. rows.Positions]).to(row.Input.device)), row.Input);
            });
            double[][] losses = new double[sets.Length][];
            for (int size = 0, next = 1; size < sets.Length; next += sets[size++].Length)
            {
                losses[size] = [.. scores.Skip(next).Take(sets[size].Length).Select(score => scores[0] - score)];
            }

            return new SensitivityNCorrelations(sizes, relevance, losses);
        }

        SensitivityNCorrelations Undefined()
        {
            double[][] nothing = [.. sets.Select(ofSize => Curve.Undefined(ofSize.Length))];
            return new SensitivityNCorrelations(sizes, nothing, nothing);
        }

        bool[] Members(int[] set)
        {
            bool[] members = new bool[grid.Count];
            foreach (int at in set) members[at] = true;
            return members;
        }
    }

    /// <summary>For each size its sets.</summary>
    private int[][][] SetsOf(int tiles)
    {
        if (IndexSets is { Count: 0 } || Sizes is { Count: 0 }) throw new ArgumentException($"{nameof(Sizes)} or {nameof(IndexSets)} is empty: give at least one size, or leave it null.");
        if (IndexSets is not null)
        {
            foreach (int index in IndexSets.SelectMany(ofSize => ofSize).SelectMany(set => set))
            {
                if (index < 0 || index >= tiles) throw new ArgumentException($"{nameof(IndexSets)} holds {index}; there are {tiles} tiles: allowed are 0 to {tiles - 1}.");
            }

            return IndexSets.Any(ofSize => ofSize.Count < 3 || ofSize.Any(set => set.Count != ofSize[0].Count || set.Count == 0))
                ? throw new ArgumentException($"{nameof(IndexSets)} needs at least 3 sets for each size, all of that size, and none empty.")
                : [.. IndexSets.Select(ofSize => ofSize.Select(set => set.ToArray()).ToArray())];
        }

        if (SetsPerSize < 3) throw new ArgumentException($"{nameof(SetsPerSize)} is {SetsPerSize}; allowed: at least 3, for a correlation.");
        foreach (int size in Sizes ?? [])
        {
            if (size < 1 || size > tiles) throw new ArgumentException($"{nameof(Sizes)} holds {size}; there are {tiles} tiles: allowed are 1 to {tiles}.");
        }

        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seed);
        return
        [
            .. (Sizes ?? SpacedSizes(tiles)).Select(size => Enumerable.Range(0, SetsPerSize)
                .Select(_ => Array.ConvertAll(randperm(tiles, generator: generator).data<long>().ToArray()[..size], index => (int)index)).ToArray()),
        ];
    }

    private static int[] SpacedSizes(int tiles)
        =>
        [
            .. Enumerable.Range(0, SizesByDefault)
                .Select(step => Math.Max(1, (int)Math.Round(Math.Pow(Math.Max(1, LargestShare * tiles), step / (SizesByDefault - 1.0))))).Distinct(),
        ];
}

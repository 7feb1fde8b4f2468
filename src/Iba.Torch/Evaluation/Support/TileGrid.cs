namespace Iba.Torch;

/// <summary>Positions divided into tiles, counted row by row. Tiles at the end of a line take what is left over, so none is smaller than asked.</summary>
internal sealed class TileGrid
{
    private readonly int[] _tileOf;
    private readonly int[] _sizes;

    /// <param name="positions">The size of the picture, <c>[H, W]</c>, or of a line, <c>[L]</c>.</param>
    /// <param name="height">The height of a tile; for a line of no account.</param>
    /// <param name="width">The width of a tile.</param>
    /// <param name="parameter">The argument that a refusal names.</param>
    /// <exception cref="ArgumentException">The positions are neither a picture nor a line, or smaller than one tile.</exception>
    public TileGrid(IReadOnlyList<long> positions, int height, int width, string parameter)
    {
        if (positions.Count is not (1 or 2))
        {
            throw new ArgumentException($"Only pictures [H, W] and lines [L] have tiles, not positions {Shapes.Format(positions)}.", parameter);
        }

        int tall = positions.Count == 2 ? (int)positions[0] : 1, wide = (int)positions[^1];
        if (positions.Count == 1) height = 1;
        if (height > tall || width > wide)
        {
            throw new ArgumentException($"A tile of {height} x {width} is larger than the input, {Shapes.Format(positions)}: choose a smaller one.", parameter);
        }

        int rows = tall / height, columns = wide / width;
        Count = rows * columns;
        _tileOf = new int[tall * wide];
        _sizes = new int[Count];
        for (int position = 0; position < _tileOf.Length; position++)
        {
            int row = Math.Min(position / wide / height, rows - 1), column = Math.Min(position % wide / width, columns - 1);
            _tileOf[position] = (row * columns) + column;
            _sizes[_tileOf[position]]++;
        }
    }

    /// <summary>The number of tiles.</summary>
    public int Count { get; }

    /// <summary>The sum of a map over each tile.</summary>
    public double[] Sums(double[] map)
    {
        double[] sums = new double[Count];
        for (int position = 0; position < map.Length; position++) sums[_tileOf[position]] += map[position];
        return sums;
    }

    /// <summary>The mean of a map over each tile.</summary>
    public double[] Means(double[] map)
    {
        double[] means = Sums(map);
        for (int tile = 0; tile < Count; tile++) means[tile] /= _sizes[tile];
        return means;
    }

    /// <summary>What each position has of its tile.</summary>
    public T[] Spread<T>(T[] ofTiles) => Array.ConvertAll(_tileOf, tile => ofTiles[tile]);
}

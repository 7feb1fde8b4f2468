namespace Iba.Reports;

/// <summary>Bits per pixel of a picture on a grid that may be coarser than the picture.</summary>
/// <param name="Values">Row by row; NaN where nothing is known.</param>
/// <param name="Width">Positions beside each other.</param>
/// <param name="Height">Positions below each other.</param>
internal sealed record DensityMap(float[] Values, int Width, int Height)
{
    /// <summary>What <see cref="Quantize"/> writes where nothing is known.</summary>
    public const byte Unknown = 255;

    private const int Steps = 254;

    /// <summary>The largest value; 0 where there is none above it.</summary>
    public float Largest { get; } = Values.Where(float.IsFinite).DefaultIfEmpty().Max() is > 0 and float largest ? largest : 0;

    /// <summary>A row's map, in bits per pixel.</summary>
    public static DensityMap Of(ReportMap map)
    {
        float positionsPerPixel = (float)((double)map.Width * map.Height / ((double)map.PictureWidth * map.PictureHeight));
        float[] values = map.Bits.ToArray();
        for (int i = 0; i < values.Length; i++) values[i] *= positionsPerPixel;
        return new(values, map.Width, map.Height);
    }

    /// <summary>What is wrong with a row's map, as a sentence's end; null: nothing.</summary>
    public static string? Fault(ReportMap map)
    {
        var values = map.Bits.Span;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < 0 || float.IsInfinity(values[i]))
                return FormattableString.Invariant($"its map holds {values[i]} at ({i % map.Width}, {i / map.Width}), which is no number of bits");
        }

        return null;
    }

    /// <summary>The map, or a smaller one whose longer side is the given one.</summary>
    public DensityMap Within(int side)
    {
        int longer = Math.Max(Width, Height);
        return longer <= side ? this : Resize(Shortened(Width), Shortened(Height));

        int Shortened(int length) => Math.Max(1, (int)Math.Round((double)length * side / longer));
    }

    /// <summary>The map on another grid: each new position has the average of what it covers, so the mean over the picture stays.</summary>
    public DensityMap Resize(int width, int height)
    {
        if (width == Width && height == Height) return this;
        var (columns, rows) = (Overlaps(Width, width), Overlaps(Height, height));
        float[] values = new float[width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) values[(y * width) + x] = Average(columns[x], rows[y]);
        }

        return new(values, width, height);
    }

    /// <summary>A byte for each value, linear from 0 to 254 for the largest; <see cref="Unknown"/> for NaN.</summary>
    public byte[] Quantize()
        => Array.ConvertAll(Values, value => float.IsNaN(value) ? Unknown : Largest > 0 ? (byte)Math.Round(Math.Max(0, value) / Largest * Steps) : (byte)0);

    private float Average((int Place, double Weight)[] columns, (int Place, double Weight)[] rows)
    {
        var (sum, weights) = (0.0, 0.0);
        foreach (var (row, rowWeight) in rows)
        {
            foreach (var (column, columnWeight) in columns)
            {
                float value = Values[(row * Width) + column];
                if (float.IsNaN(value)) continue;
                sum += value * rowWeight * columnWeight;
                weights += rowWeight * columnWeight;
            }
        }

        return weights > 0 ? (float)(sum / weights) : float.NaN;
    }

    /// <summary>Which old positions each new one covers, and by how much of theirs.</summary>
    private static (int Place, double Weight)[][] Overlaps(int from, int to)
    {
        var overlaps = new (int, double)[to][];
        for (int i = 0; i < to; i++)
        {
            var (start, end) = ((double)i * from / to, (double)(i + 1) * from / to);
            overlaps[i] = [.. Enumerable.Range((int)start, Math.Min(from, (int)Math.Ceiling(end)) - (int)start)
                .Select(place => (place, Math.Min(place + 1, end) - Math.Max(place, start)))];
        }

        return overlaps;
    }
}

namespace Iba.Reports;

/// <summary>A map of a <see cref="ReportRow"/>: bits at each of its positions, which may be fewer than the picture has pixels.</summary>
public sealed class ReportMap
{
    /// <summary>Wraps a map without copying it.</summary>
    /// <param name="bits">Bits per position, row by row, 0 or more. NaN marks positions that the map does not cover.</param>
    /// <param name="width">Positions beside each other, at least 1.</param>
    /// <param name="height">Positions below each other, at least 1.</param>
    /// <exception cref="ArgumentException">The number of values does not fit the size.</exception>
    public ReportMap(ReadOnlyMemory<float> bits, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (bits.Length != (long)width * height)
        {
            throw new ArgumentException(
                $"A map of {width} x {height} positions has {(long)width * height} values, but {bits.Length} were given: pass one value for each.", nameof(bits));
        }

        (Bits, Width, Height) = (bits, width, height);
        (PictureWidth, PictureHeight) = (width, height);
    }

    /// <summary>Bits per position, row by row: their sum is the row's bits.</summary>
    public ReadOnlyMemory<float> Bits { get; }

    /// <summary>Positions beside each other.</summary>
    public int Width { get; }

    /// <summary>Positions below each other.</summary>
    public int Height { get; }

    /// <summary>
    /// The width in pixels of the picture that the map is of, at least 1. It turns bits per position into bits per pixel: set it for maps in the
    /// size of a layer. Default <see cref="Width"/>.
    /// </summary>
    public int PictureWidth { get; init => field = Positive(value, nameof(PictureWidth)); }

    /// <summary>The height in pixels of the picture that the map is of, at least 1. Default <see cref="Height"/>.</summary>
    public int PictureHeight { get; init => field = Positive(value, nameof(PictureHeight)); }

    private static int Positive(int value, string name)
        => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} is at least 1.");
}

namespace Iba.MLNet;

/// <summary>A box around an object, in pixels of the photograph.</summary>
internal readonly record struct BoundingBox(float Left, float Top, float Width, float Height)
{
    /// <summary>Marks the pixels of a map whose centres lie within the box.</summary>
    /// <param name="inside">The map's pixels, row by row.</param>
    /// <param name="height">The map's height.</param>
    /// <param name="width">The map's width.</param>
    /// <param name="source">The part of the photograph that the map shows.</param>
    public void Mark(Span<bool> inside, int height, int width, SourceRectangle source)
    {
        var (left, right) = Pixels(Left, Width, source.X, source.Width, width);
        var (top, bottom) = Pixels(Top, Height, source.Y, source.Height, height);
        for (int y = top; y < bottom; y++) inside.Slice((y * width) + left, Math.Max(0, right - left)).Fill(true);
    }

    private static (int First, int End) Pixels(double start, double length, double sourceStart, double sourceLength, int size)
    {
        return (At(start), At(start + length));

        int At(double edge) => (int)Math.Clamp(Math.Ceiling(((edge - sourceStart) * size / sourceLength) - 0.5), 0, size);
    }
}

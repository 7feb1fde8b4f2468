using Microsoft.ML.Data;

namespace ExplainTorchModule;

internal enum Kind
{
    Nothing,
    Disc,
    Square,
    Cross,
}

/// <summary>An image of one shape, somewhere on noise and stripes, with the truth: which pixels are the shape's.</summary>
public class Shape
{
    public const int Size = 48;

    [VectorType(1, Size, Size)]
    public float[] Pixels { get; set; } = [];

    [VectorType(Size, Size)]
    public float[] Mask { get; set; } = [];

    public int Label { get; set; }

    /// <summary>A map with the same value everywhere.</summary>
    internal static float[] Flat { get; } = [.. Places.Select(_ => 1f)];

    /// <summary>A map that guesses the middle.</summary>
    internal static float[] Centred { get; } = [.. Places.Select(p => MathF.Exp(-(MathF.Pow(p.X - (Size / 2), 2) + MathF.Pow(p.Y - (Size / 2), 2)) / 128))];

    private static IEnumerable<(int X, int Y)> Places => Enumerable.Range(0, Size * Size).Select(i => (i % Size, i / Size));

    internal static Shape[] Draw(int count, int seed, params Kind[] kinds)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Draw(kinds[i % kinds.Length], random))];
    }

    /// <summary>The share of a map that lies inside the shape.</summary>
    public double ShareInside(float[] map) => map.Zip(Mask, (value, mask) => value * mask).Sum() / map.Sum();

    private static Shape Draw(Kind kind, Random random)
    {
        int radius = random.Next(6, 10), x = random.Next(radius, Size - radius), y = random.Next(radius, Size - radius);
        double direction = random.NextDouble() * Math.PI, contrast = 0.8 + (0.4 * random.NextDouble());
        float[] mask = [.. Places.Select(p => IsInside(kind, Math.Abs(p.X - x), Math.Abs(p.Y - y), radius) ? 1f : 0f)];
        float[] texture = [.. Places.Select(p =>
            (float)((0.3 * Math.Sin((p.X * Math.Cos(direction)) + (p.Y * Math.Sin(direction)))) + (0.4 * random.NextDouble())))];
        return new Shape { Label = (int)kind, Mask = mask, Pixels = [.. texture.Zip(mask, (noise, inside) => noise + (float)(contrast * inside))] };
    }

    private static bool IsInside(Kind kind, int dx, int dy, int radius) => kind switch
    {
        Kind.Disc => (dx * dx) + (dy * dy) <= radius * radius,
        Kind.Square => Math.Max(dx, dy) <= radius * 0.886, // the disc's area
        Kind.Cross => Math.Min(dx, dy) <= radius * 0.3 && Math.Max(dx, dy) <= radius,
        _ => false,
    };
}

/// <summary>A shape with what the pipeline adds.</summary>
public sealed class Explained : Shape
{
    [VectorType(Size, Size)]
    public float[] Heatmap { get; set; } = [];

    public int Predicted { get; set; }
}

using Iba.Torch;
using Microsoft.ML.Data;

namespace ExplainDetection;

internal enum Kind
{
    Disc,
    Square,
    Cross,
}

/// <summary>One object of a scene.</summary>
internal sealed record Placed(Kind Kind, int X, int Y, int Radius);

/// <summary>A grey picture of one to three shapes on noise and stripes, with the truth: where each of them is.</summary>
public class Scene
{
    public const int Size = 64;

    [VectorType(1, Size, Size)]
    public float[] Pixels { get; set; } = [];

    internal Placed[] Objects { get; private init; } = [];

    internal static Scene[] Draw(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Draw(random))];
    }

    /// <summary>The picture, larger, for a figure.</summary>
    internal static RgbImage ToImage(float[] pixels, int scale)
    {
        byte[] rgb = new byte[3 * Size * scale * Size * scale];
        for (int i = 0; i < rgb.Length; i++)
        {
            int x = i / 3 % (Size * scale) / scale, y = i / 3 / (Size * scale) / scale;
            rgb[i] = (byte)Math.Clamp(pixels[(y * Size) + x] * 150, 0, 255);
        }

        return new RgbImage(Size * scale, Size * scale, rgb);
    }

    internal static bool IsInside(Placed shape, int x, int y)
    {
        int dx = Math.Abs(x - shape.X), dy = Math.Abs(y - shape.Y);
        return shape.Kind switch
        {
            Kind.Disc => (dx * dx) + (dy * dy) <= shape.Radius * shape.Radius,
            Kind.Square => Math.Max(dx, dy) <= shape.Radius * 0.886, // the disc's area
            _ => Math.Min(dx, dy) <= shape.Radius * 0.3 && Math.Max(dx, dy) <= shape.Radius,
        };
    }

    private static Scene Draw(Random random)
    {
        var objects = new List<Placed>();
        int wanted = random.Next(1, 4);
        for (int attempt = 0; attempt < 50 && objects.Count < wanted; attempt++)
        {
            int radius = random.Next(6, 10);
            var placed = new Placed((Kind)random.Next(3), random.Next(radius, Size - radius), random.Next(radius, Size - radius), radius);
            if (objects.All(other => Math.Max(Math.Abs(other.X - placed.X), Math.Abs(other.Y - placed.Y)) > other.Radius + radius)) objects.Add(placed);
        }

        double direction = random.NextDouble() * Math.PI;
        float[] pixels = new float[Size * Size];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i % Size, y = i / Size;
            double stripes = 0.2 * (1 + Math.Sin((x * Math.Cos(direction)) + (y * Math.Sin(direction))));
            pixels[i] = (float)(stripes + (0.4 * random.NextDouble()) + (objects.Any(placed => IsInside(placed, x, y)) ? 0.9 : 0));
        }

        return new Scene { Pixels = pixels, Objects = [.. objects] };
    }
}

/// <summary>A scene with what the pipeline adds, for each of its two questions.</summary>
public sealed class Explained
{
    [VectorType(1, Scene.Size, Scene.Size)]
    public float[] Pixels { get; set; } = [];

    public float[] Bits { get; set; } = [];

    public int Class { get; set; }

    public float[] Box { get; set; } = [];

    public float[] Probabilities { get; set; } = [];
}

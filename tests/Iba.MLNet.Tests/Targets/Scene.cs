using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>A picture of noise with a red and a blue square that do not touch: which pixels a network needs is known.</summary>
public sealed class Scene
{
    public const int Side = 32;
    public const int SquareSide = 10;

    [VectorType(3, Side, Side)]
    public float[] Pixels { get; set; } = [];

    /// <summary>1 within the red square.</summary>
    [VectorType(Side, Side)]
    public float[] RedMask { get; set; } = [];

    /// <summary>Left, top, right, bottom.</summary>
    [VectorType(4)]
    public float[] RedBox { get; set; } = [];

    [VectorType(4)]
    public float[] BlueBox { get; set; } = [];

    /// <summary>The middle of the blue square.</summary>
    [VectorType(2)]
    public float[] BluePoint { get; set; } = [];

    public static Scene[] Make(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Make(random))];
    }

    /// <summary>The share of what a map sums to within a box.</summary>
    public static double Inside(ReadOnlySpan<float> map, float[] box)
    {
        double inside = 0, all = 0;
        for (int i = 0; i < map.Length; i++)
        {
            int x = i % Side, y = i / Side;
            all += map[i];
            if (x >= box[0] && x < box[2] && y >= box[1] && y < box[3]) inside += map[i];
        }

        return inside / all;
    }

    /// <summary>A Gaussian about the middle, a quarter of the side wide: knows nothing of the scene.</summary>
    public static float[] Centred { get; } = [.. Enumerable.Range(0, Side * Side).Select(i =>
    {
        double x = ((i % Side) - ((Side - 1) / 2.0)) / (Side / 4.0), y = ((i / Side) - ((Side - 1) / 2.0)) / (Side / 4.0);
        return (float)Math.Exp(-((x * x) + (y * y)) / 2);
    })];

    private static Scene Make(Random random)
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * Side * Side).Select(_ => (float)(0.5 + (0.1 * (random.NextDouble() - 0.5))))];
        var (left, top) = (random.Next(Side - SquareSide + 1), random.Next(Side - SquareSide + 1));
        int x, y;
        do (x, y) = (random.Next(Side - SquareSide + 1), random.Next(Side - SquareSide + 1));
        while (Math.Abs(x - left) < SquareSide + 1 && Math.Abs(y - top) < SquareSide + 1);
        var scene = new Scene
        {
            Pixels = pixels,
            RedBox = [left, top, left + SquareSide, top + SquareSide],
            BlueBox = [x, y, x + SquareSide, y + SquareSide],
            BluePoint = [x + (SquareSide / 2), y + (SquareSide / 2)],
            RedMask = new float[Side * Side],
        };
        Paint(pixels, left, top, channel: 0, scene.RedMask);
        Paint(pixels, x, y, channel: 2, null);
        return scene;
    }

    private static void Paint(float[] pixels, int left, int top, int channel, float[]? mask)
    {
        for (int i = 0; i < SquareSide * SquareSide; i++)
        {
            int at = ((top + (i / SquareSide)) * Side) + left + (i % SquareSide);
            for (int c = 0; c < 3; c++) pixels[(c * Side * Side) + at] = c == channel ? 0.9f : 0.2f;
            if (mask != null) mask[at] = 1;
        }
    }
}

/// <summary>What an explained scene is read into.</summary>
public sealed class ExplainedScene
{
    public float[] Heatmap { get; set; } = [];

    public int Target { get; set; }

    public float[] Box { get; set; } = [];

    public float[] Scores { get; set; } = [];

    public float[] RedBox { get; set; } = [];

    public float[] BlueBox { get; set; } = [];
}

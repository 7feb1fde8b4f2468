using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>A small picture whose brightness per colour makes its class.</summary>
public sealed class ChainRow
{
    public const int Side = 8;

    [ColumnName("x")]
    [VectorType(3, Side, Side)]
    public float[] Pixels { get; set; } = [];

    public string Kind { get; set; } = "";

    public bool IsRed { get; set; }

    public float Other { get; set; }

    /// <summary>Noise of three kinds: red, green and dark.</summary>
    public static ChainRow[] Make(int count, int seed = 1)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(row =>
        {
            float[] pixels = new float[3 * Side * Side];
            for (int i = 0; i < pixels.Length; i++) pixels[i] = (float)((4 * random.NextDouble()) - 2 + (row % 3 == i / (Side * Side) ? 1 : 0));
            return new ChainRow { Pixels = pixels, Kind = new[] { "red", "green", "dark" }[row % 3], IsRed = row % 3 == 0, Other = row };
        }).ToArray();
    }
}

/// <summary>What a classifier says about a row.</summary>
public sealed class KindScoredRow
{
    [ColumnName("x")]
    public float[] Pixels { get; set; } = [];

    public float[] Score { get; set; } = [];

    public uint PredictedLabel { get; set; }
}

/// <summary>What a classifier of two classes says about a row.</summary>
public sealed class BinaryScoredRow
{
    [ColumnName("x")]
    public float[] Pixels { get; set; } = [];

    public float Score { get; set; }

    public bool PredictedLabel { get; set; }
}

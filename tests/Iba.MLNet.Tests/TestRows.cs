using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>A row of generated pixels and what pipelines carry beside them.</summary>
public sealed class PixelRow
{
    public const int Side = 16;

    [VectorType(3, Side, Side)]
    public float[] Pixels { get; set; } = [];

    [VectorType(2)]
    public float[] Other { get; set; } = [];

    public string Name { get; set; } = "";

    public int Label { get; set; }

    public float Number { get; set; }

    public bool IsEven { get; set; }

    /// <summary>Noise with one bright square whose place and colour differ from row to row.</summary>
    public static PixelRow[] Make(int count, int seed = 1)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(row =>
        {
            float[] pixels = new float[3 * Side * Side];
            for (int i = 0; i < pixels.Length; i++) pixels[i] = (float)(random.NextDouble() - 0.5);
            int channel = random.Next(3), top = random.Next(Side - 5), left = random.Next(Side - 5);
            for (int y = 0; y < 5; y++)
            {
                for (int x = 0; x < 5; x++) pixels[(((channel * Side) + top + y) * Side) + left + x] += 2;
            }

            return new PixelRow
            {
                Pixels = pixels,
                Other = [(float)random.NextDouble(), row],
                Name = $"row {row}",
                Label = row % ConvolutionalNetwork.Classes,
                Number = row,
                IsEven = row % 2 == 0,
            };
        }).ToArray();
    }
}

/// <summary>What an explained row is read into.</summary>
public sealed class ExplainedRow
{
    public float[] Heatmap { get; set; } = [];

    public float Bits { get; set; }

    public int Target { get; set; }

    public float[] Scores { get; set; } = [];

    public float[] ScoresWithBottleneck { get; set; } = [];

    public float[] Capacity { get; set; } = [];

    public string Name { get; set; } = "";
}

/// <summary>Shortcuts of the tests.</summary>
internal static class TestPipelines
{
    /// <summary>Options for the generated pixels with every column, quick enough for many rows.</summary>
    public static IbaEstimator.Options PixelOptions(ConvolutionalNetwork network) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = network,
        Layer = "conv1",
        Seed = 5,
        Steps = 4,
        NoiseCopies = 3,
        TotalBitsColumnName = "Bits",
        TargetColumnName = "Target",
        ScoresColumnName = "Scores",
        ScoresWithBottleneckColumnName = "ScoresWithBottleneck",
        CapacityColumnName = "Capacity",
    };

    public static ExplainedRow[] Read(this MLContext ml, IDataView view)
        => ml.Data.CreateEnumerable<ExplainedRow>(view, reuseRowObject: false, ignoreMissingColumns: true).ToArray();

    /// <summary>Collects log messages of one kind.</summary>
    public static List<string> Listen(this MLContext ml, string kind)
    {
        var messages = new List<string>();
        ml.Log += (_, log) =>
        {
            if (log.Kind.ToString() != kind) return;
            lock (messages) messages.Add(log.Message);
        };
        return messages;
    }
}

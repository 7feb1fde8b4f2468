using Iba.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>A real byte-level classifier: known length, probabilities, 512 positions of 4 bytes each.</summary>
public sealed class MagikaTests : IDisposable
{
    private const int Half = 1024;

    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "assets");

    private readonly MLContext _ml = new(seed: 1);
    private readonly OnnxNetwork _network = OnnxNetwork.Load(Path.Combine(Assets, "magika", "magika.onnx"));
    private readonly string[] _types = File.ReadAllLines(Path.Combine(Assets, "magika", "labels.txt"));

    public void Dispose() => _network.Dispose();

    private sealed class Input
    {
        [VectorType(2 * Half)]
        public int[] Bytes { get; set; } = [];
    }

    private sealed class Output
    {
        public float[] Bits { get; set; } = [];

        public float Total { get; set; }

        public int Type { get; set; }

        public float[] Scores { get; set; } = [];
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Types_are_told_and_bits_lie_where_each_type_shows_itself()
    {
        var inputs = Files().Select(Read).ToArray();
        var (data, seen) = (_ml.Data.LoadFromEnumerable(inputs), _ml.Data.LoadFromEnumerable(inputs[..4]));
        using var explainer = _ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = "Bytes",
            Network = _network,
            Layer = "jax2tf_get_logits_/pjit_get_logits_/MagikaV2/LayerNorm_0/AddV2_1:0",
            PerChannelStatistics = true,
            Beta = 100,
            Seed = 1,
            TotalBitsColumnName = "Total",
            TargetColumnName = "Type",
            ScoresColumnName = "Scores",
        }).Fit(data);

        var rows = _ml.Data.CreateEnumerable<Output>(explainer.Transform(seen), reuseRowObject: false).ToArray();

        string[] expected = ["cs", "markdown", "csv", "jpeg"];
        Assert.Equal(expected, rows.Select(row => _types[row.Type]));
        Assert.All(rows, row =>
        {
            Assert.InRange(row.Scores[row.Type], 0.95f, 1f);
            Assert.Equal(1, row.Scores.Sum(), 1e-3);
            Assert.Equal(2 * Half, row.Bits.Length);
            Assert.Equal(row.Total, row.Bits.Sum(bits => (double)bits), 1e-3 * row.Total);
        });
        AssertDense(rows[0], 0, 16, 5); // C#: "using ..." at the start
        AssertDense(rows[0], (2 * Half) - 8, 8, 5); // and the closing braces at the end
        AssertDense(rows[1], 0, 4, 5); // Markdown: the heading's "# "
        AssertDense(rows[3], 0, 8, 5); // JPEG: its signature
        AssertDense(rows[3], (2 * Half) - 4, 4, 5); // and its end marker
    }

    private static void AssertDense(Output row, int start, int count, double times)
    {
        double here = row.Bits.AsSpan(start, count).ToArray().Average(), everywhere = row.Total / row.Bits.Length;
        Assert.True(here > times * everywhere, $"{here} bits per byte at {start}, {everywhere} on average");
    }

    // The four that are looked at, and others for the statistics.
    private static IEnumerable<string> Files()
        => new[] { "files/IbaCatalog.cs", "files/SOURCES.md", "topics/sentences.csv", "photos/dog.jpg" }
            .Concat(["topics/vocab.txt", "topics/topics.onnx", "magika/labels.txt", "photos/panda.jpg", "photos/coffee.jpg", "photos/bison.jpg"])
            .Select(name => Path.Combine(Assets, name))
            .Concat(Directory.EnumerateFiles(AppContext.BaseDirectory).Where(file => file.EndsWith(".dll", StringComparison.Ordinal)).Order().Take(10));

    private static Input Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        var first = file.AsSpan(0, Math.Min(4096, file.Length)).TrimStart(" \t\r\n"u8);
        var last = file.AsSpan(Math.Max(0, file.Length - 4096)).TrimEnd(" \t\r\n"u8);
        int[] bytes = new int[2 * Half];
        Array.Fill(bytes, 256);
        for (int i = 0; i < Math.Min(Half, first.Length); i++) bytes[i] = first[i];
        for (int i = 1; i <= Math.Min(Half, last.Length); i++) bytes[^i] = last[^i];
        return new Input { Bytes = bytes };
    }
}

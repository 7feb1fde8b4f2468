using System.Text.Json;
using Iba.Onnx;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>A real text classifier through pipelines, against results computed in PyTorch.</summary>
public sealed class TopicsTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly OnnxNetwork _network = OnnxNetwork.Load(TopicsAssets.Network);

    public void Dispose() => _network.Dispose();

    private sealed class Input
    {
        public string Text { get; set; } = "";
    }

    private sealed class Output
    {
        public float[] Bits { get; set; } = [];

        public int[] Offsets { get; set; } = [];

        public float[] Scores { get; set; } = [];

        public int Topic { get; set; }

        public float[] Capacity { get; set; } = [];
    }

    private sealed record Sentence(string Text, double[] Bits, double[] Sd, int Target);

    // The deviations are small and the tails long: about one token in a hundred lies farther out, as often as not none of a seed.
    [Theory]
    [InlineData("embeddings")]
    [InlineData("layer.0")]
    [Trait("Speed", "Slow")]
    public void Bits_per_token_are_those_of_the_reference(string layer)
    {
        var sentences = Reference(layer);
        using var explainer = Fit(layer, options => options.Capacity = CapacityKind.LastForward);

        var rows = Read(explainer.Transform(Data(sentences.Select(sentence => sentence.Text))));

        Assert.All(sentences.Zip(rows), pair =>
        {
            var (expected, actual) = pair;
            Assert.Equal(expected.Target, actual.Topic);
            Assert.Equal(expected.Bits.Length, actual.Bits.Length);
            for (int token = 0; token < expected.Bits.Length; token++)
            {
                double tolerance = (4 * expected.Sd[token]) + (0.05 * expected.Bits[token]);
                Assert.InRange(actual.Bits[token], expected.Bits[token] - tolerance, expected.Bits[token] + tolerance);
            }
        });
        Assert.All(sentences.Zip(rows), pair => AssertSameRanking(pair.First, pair.Second.Bits));
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Scores_are_those_of_the_reference()
    {
        var expected = JsonSerializer.Deserialize<Logits[]>(File.ReadAllText(TopicsAssets.Golden("expected.json")), JsonSerializerOptions.Web)!;
        using var explainer = Fit("layer.2", options => (options.Steps, options.NoiseCopies) = (1, 1));

        var rows = Read(explainer.Transform(Data(expected.Select(row => row.Text))));

        Assert.All(expected.Zip(rows), pair =>
        {
            double sum = pair.First.Values.Sum(Math.Exp);
            Assert.All(pair.First.Values.Zip(pair.Second.Scores), score => Assert.Equal(Math.Exp(score.First) / sum, score.Second, 0.01));
        });
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_row_has_the_same_bits_alone_in_a_padded_batch_and_from_a_prediction_engine_of_the_saved_pipeline()
    {
        string[] texts = ["Goal!", "The bank refused the loan because of his debts.", "", "We spent a week hiking along the coast and slept in hostels."];
        using var alone = Fit("embeddings", options => (options.BatchSize, options.CapacityColumnName) = (1, "Capacity"));
        using var batch = Fit("embeddings", options => (options.BatchSize, options.CapacityColumnName) = (4, "Capacity"));
        using var zip = new MemoryStream();
        _ml.Model.Save(batch, Data(texts).Schema, zip);
        zip.Position = 0;
        var loaded = new MLContext().Model.Load(zip, out var schema);
        using var engine = _ml.Model.CreatePredictionEngine<Input, Output>(loaded, schema);

        var expected = Read(alone.Transform(Data(texts)));
        var padded = Read(batch.Transform(Data(texts)));
        var single = texts.Select(text => engine.Predict(new Input { Text = text })).ToArray();

        for (int row = 0; row < texts.Length; row++)
        {
            AssertClose(expected[row].Bits, padded[row].Bits);
            AssertClose(expected[row].Bits, single[row].Bits);
            AssertClose(expected[row].Capacity, padded[row].Capacity);
            Assert.Equal(expected[row].Bits.Length * 384, padded[row].Capacity.Length);
            Assert.True(expected[row].Bits.All(bits => bits >= 0));
        }
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_text_beyond_the_networks_positions_is_a_clear_error_or_cut_with_a_warning()
    {
        string text = string.Join(' ', Enumerable.Repeat("goal", 600));
        using var uncut = Fit("embeddings", maximumTokens: 1000);
        using var cut = Fit("embeddings", options => options.MaximumLength = 32, maximumTokens: 1000);
        var warnings = new List<string>();
        _ml.Log += (_, log) => { if (log.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(log.Message); };

        string message = Assert.Throws<InvalidOperationException>(() => Read(uncut.Transform(Data([text])))).Message;
        float[] bits = Read(cut.Transform(Data([text]))).Single().Bits;

        Assert.Contains("Row 0 cannot be explained at layer 'embeddings'", message);
        Assert.Equal(602, bits.Length);
        Assert.True(bits[..32].Sum() > 0 && bits[32..].All(value => value == 0));
        Assert.Contains(warnings, warning => warning.Contains("602 values, of which the first 32 are used"));
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Wrong_rows_are_told_apart_and_do_not_harm_the_others()
    {
        IdRow good = new([101, 3125, 102], [1, 1, 1]), outside = new([101, 99999, 102], [1, 1, 1]), negative = new([101, -5, 102], [1, 1, 1]);
        IdRow lengths = new([101, 102], [1, 1, 1]), masked = new([101, 3125, 102], [0, 0, 0]), empty = new([], []);
        var estimator = _ml.Transforms.Iba(Options("embeddings"));
        using var explainer = estimator.Fit(Data([new([101, 2003, 102], [1, 1, 1]), good]));

        Assert.Contains("Row 1 cannot be explained", Message([good, outside]));
        Assert.Contains("Row 1: column 'Tokens' has -5 at index 1; ids are at least 0", Message([good, negative]));
        Assert.Contains("column 'Mask' has 3 values where column 'Tokens' has 2", Message([good, lengths]));
        Assert.Contains("Row 1 cannot be explained at layer 'embeddings': its mask leaves no position", Message([good, masked]));
        Assert.Contains("Row 1: column 'Tokens' is empty", Message([good, empty]));

        var missing = Options("embeddings");
        missing.BadRows = BadRowHandling.Missing;
        using var tolerant = _ml.Transforms.Iba(missing).Fit(Data([new([101, 2003, 102], [1, 1, 1]), good]));
        var rows = Read(tolerant.Transform(Data([outside, good, masked, lengths, negative, empty])));
        Assert.Equal([0, 3, 0, 0, 0, 0], rows.Select(row => row.Bits.Length));
        AssertClose(Read(explainer.Transform(Data([good]))).Single().Bits, rows[1].Bits);

        string Message(IdRow[] data) => Assert.ThrowsAny<InvalidOperationException>(() => Read(explainer.Transform(Data(data)))).Message;
    }

    private sealed record IdRow(long[] Tokens, long[] Mask);

    private sealed record Logits(string Text, [property: System.Text.Json.Serialization.JsonPropertyName("logits")] double[] Values);

    private IDataView Data(IEnumerable<string> texts) => _ml.Data.LoadFromEnumerable(texts.Select(text => new Input { Text = text }));

    private IDataView Data(IdRow[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private IbaEstimator.Options Options(string layer) => new()
    {
        OutputColumnName = "Bits",
        InputColumnName = "Tokens",
        Network = _network,
        Layer = layer,
        MaskInputName = "attention_mask",
        ContextColumns = new Dictionary<string, string> { ["attention_mask"] = "Mask" },
        TargetColumnName = "Topic",
        ScoresColumnName = "Scores",
        Seed = 4,
    };

    private Microsoft.ML.Data.TransformerChain<IbaTransformer> Fit(string layer, Action<IbaEstimator.Options>? change = null, int maximumTokens = 512)
    {
        var options = Options(layer);
        change?.Invoke(options);
        var prototypes = File.ReadLines(Path.Combine(Path.GetDirectoryName(TopicsAssets.Vocabulary)!, "sentences.csv"))
            .Where(line => line.StartsWith("prototype,", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf('"') + 1)..^1]);
        return _ml.Transforms.Text.TokenizeIntoWordPieces("Tokens", TopicsAssets.Vocabulary, "Text", "Mask", "Offsets", maximumTokens)
            .Append(_ml.Transforms.Iba(options))
            .Fit(Data(prototypes));
    }

    private Output[] Read(IDataView view) => _ml.Data.CreateEnumerable<Output>(view, reuseRowObject: false, ignoreMissingColumns: true).ToArray();

    private static Sentence[] Reference(string layer)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(TopicsAssets.Golden("bits.json")));
        return golden.RootElement.GetProperty("cuts").GetProperty(layer).GetProperty("sentences").Deserialize<Sentence[]>(JsonSerializerOptions.Web)!;
    }

    // The first three tokens, as far as the reference's own deviations tell them apart.
    private static void AssertSameRanking(Sentence expected, float[] actual)
    {
        int[] order = Enumerable.Range(0, actual.Length).OrderByDescending(token => expected.Bits[token]).ToArray();
        for (int rank = 0; rank < 3; rank++)
        {
            foreach (int lower in order[(rank + 1)..])
            {
                int upper = order[rank];
                double apart = expected.Bits[upper] - expected.Bits[lower];
                if (apart > 2 * (expected.Sd[upper] + expected.Sd[lower])) Assert.True(actual[upper] > actual[lower], expected.Text);
            }
        }
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        float most = expected.Max();
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5 * most);
    }
}

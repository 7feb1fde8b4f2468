using Iba.Onnx;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Real networks on several lanes: the bits of each row are those that it has alone.</summary>
[Collection(nameof(Alone))]
[Trait("Speed", "Slow")]
public sealed class LanesOfNetworksTests
{
    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "assets");

    private readonly MLContext _ml = new(seed: 1);

    private sealed record Photo(string File);

    private sealed record Sentence(string Text);

    private sealed class Explained
    {
        public float[] Bits { get; set; } = [];
    }

    [Fact]
    public void Photographs()
    {
        using var network = OnnxNetwork.Load(Path.Combine(Assets, "efficientnet-lite0.onnx"));
        string folder = Path.Combine(Assets, "photos");
        var photos = Directory.GetFiles(folder, "*.jpg").Order().Take(6).Select(file => new Photo(Path.GetFileName(file))).ToArray();
        Check(_ml.Data.LoadFromEnumerable(photos), _ml.Transforms.LoadImages("Photo", folder, "File"), new()
        {
            OutputColumnName = "Bits",
            InputColumnName = "Photo",
            Network = network,
            Layer = "blocks.4",
            Preprocessing = ImagePreprocessing.EfficientNetLite,
            Seed = 1,
            Steps = 3,
            NoiseCopies = 4,
        });
    }

    [Fact]
    public void Sentences_of_different_lengths()
    {
        using var network = OnnxNetwork.Load(TopicsAssets.Network);
        string[] sentences = new[] { "Goal!", "The bank refused the loan because of his debts.", "We spent a week hiking along the coast and slept in hostels.", "Rain again.", "The striker scored twice in the final minutes of the match." };
        Check(
            _ml.Data.LoadFromEnumerable(sentences.Select(text => new Sentence(text)).ToArray()),
            _ml.Transforms.Text.TokenizeIntoWordPieces("Tokens", TopicsAssets.Vocabulary, "Text", "Mask", "Offsets"),
            new()
            {
                OutputColumnName = "Bits",
                InputColumnName = "Tokens",
                Network = network,
                Layer = "embeddings",
                MaskInputName = "attention_mask",
                ContextColumns = new Dictionary<string, string> { ["attention_mask"] = "Mask" },
                Seed = 1,
                Steps = 3,
                NoiseCopies = 4,
            });
    }

    private void Check<T>(IDataView data, IEstimator<T> prepare, IbaEstimator.Options options)
        where T : class, ITransformer
    {
        var prepared = prepare.Fit(data).Transform(data);
        using var transformer = _ml.Transforms.Iba(options).Fit(prepared);
        var alone = Enumerable.Range(0, (int)data.GetRowCount()!).Select(row => Explain(Row(row)).Single()).ToArray();
        foreach (int lanes in new[] { 1, 2, 3 })
        {
            transformer.PassesAtOnce = lanes;
            var together = Explain(prepared);
            for (int row = 0; row < alone.Length; row++) Assert.Equal(alone[row].Bits, together[row].Bits);
        }

        IDataView Row(int row)
        {
            var upTo = _ml.Data.TakeRows(prepared, row + 1);
            return row == 0 ? upTo : _ml.Data.SkipRows(upTo, row);
        }

        Explained[] Explain(IDataView rows)
            => _ml.Data.CreateEnumerable<Explained>(transformer.Transform(rows), reuseRowObject: false, ignoreMissingColumns: true).ToArray();
    }
}

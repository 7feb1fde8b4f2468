using System.IO.Compression;
using Iba.MLNet;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Hosting.Tests;

[Collection(SmallExplainerTests.Name)]
public class IbaExplainerTests(SmallExplainer small)
{
    private sealed class Photograph
    {
        public string File { get; set; } = "";
    }

    private static float[] Pipeline(MLContext ml, ITransformer model, string file)
        => model.Transform(ml.Data.LoadFromEnumerable([new Photograph { File = file }])).GetColumn<float[]>("Bits").Single();

    [Fact]
    public void It_gives_the_bits_of_the_pipeline_fitted_loaded_and_changed()
    {
        var ml = new MLContext(seed: 3);
        using var fitted = IbaExplainer.Fit(small.Network, small.Photographs, new IbaExplainerOptions { Layer = "r" });
        using var loaded = IbaExplainer.Load(small.Zip);
        var model = ml.Model.Load(small.Zip, out _);
        float[] expected = Pipeline(ml, model, small.Photograph);

        using var explanation = fitted.Explain(small.Photograph);
        using var again = loaded.Explain(small.Photograph);
        using var decoded = loaded.Explain(RgbImage.Load(small.Photograph));
        Assert.Equal(expected, explanation.Values());
        Assert.Equal(expected, again.Values());
        Assert.Equal(expected, decoded.Values());
        Assert.Equal(expected.Sum(bits => (double)bits), explanation.TotalBits, 1e-3);

        using var dearer = loaded.With(beta: 40, target: ExplanationTarget.Class(2));
        using var changed = dearer.Explain(small.Photograph);
        using var variant = ((model as IEnumerable<ITransformer>)?.OfType<IbaTransformer>().Single() ?? (IbaTransformer)model).With(beta: 40, target: ExplanationTarget.Class(2));
        Assert.Equal(Pipeline(ml, variant, small.Photograph), changed.Values());
        Assert.Equal(2, changed.Target.Index);
    }

    [Fact]
    public void A_preset_is_the_pipelines()
    {
        using var draft = IbaExplainer.Fit(small.Network, small.Photographs, new IbaExplainerOptions { Layer = "r", Preset = IbaPreset.Draft });
        Assert.Contains("CopiesPerStep = 1, 1, 1, 1, 2, 6, 6, 4, 2, 1", draft.Transformer.Provenance.Options);
    }

    [Fact]
    public void Maps_have_the_inputs_size_and_the_layers()
    {
        using var network = OnnxNetwork.Load(small.Network);
        var ml = new MLContext(seed: 0);
        var rows = ml.Data.LoadFromEnumerable(Directory.GetFiles(small.Photographs).Order(StringComparer.Ordinal).Select(file => new Photograph { File = file }).ToArray());
        using var loaded = IbaExplainer.Load(small.Zip);
        using var atLayer = ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = "File",
            Network = network,
            Layer = loaded.Transformer.Layer,
            Beta = loaded.Transformer.Beta,
            Preprocessing = loaded.Transformer.Preprocessing,
            Seed = loaded.Transformer.Seed,
            MapSize = MapSize.Layer,
        }).Fit(rows);
        using var explanation = loaded.Explain(small.Photograph);

        Assert.Equal(Pipeline(ml, atLayer, small.Photograph), explanation.Values(MapSize.Layer));
        Assert.Equal([6L, 6L], explanation.Shape(MapSize.Layer));
        Assert.Equal([8L, 8L], explanation.Shape());
        float[,] map = explanation.Map();
        Assert.Equal((8, 8), (map.GetLength(0), map.GetLength(1)));
        Assert.Equal(explanation.Values()[8 + 5], map[1, 5]);
        Assert.Equal((6, 6), (explanation.Map(MapSize.Layer).GetLength(0), explanation.Map(MapSize.Layer).GetLength(1)));
    }

    [Fact]
    public void What_was_chosen_is_said()
    {
        using var explainer = IbaExplainer.Fit(small.Network, small.Photographs);
        var notes = explainer.Notes;
        Assert.Contains(notes, note => note.StartsWith("Preprocessing ImageNet is taken", StringComparison.Ordinal));
        Assert.Equal((8, 9), (explainer.Transformer.Preprocessing!.CropWidth!.Value, explainer.Transformer.Preprocessing.ResizeShorterSide!.Value));
        // The last layer with an eighth of the side: of eight pixels, the mean over them.
        Assert.Contains(notes, note => note.StartsWith("Layer 'g' is taken", StringComparison.Ordinal));
        Assert.Contains(notes, note => note.StartsWith("Beta is 10", StringComparison.Ordinal));
        Assert.Contains(notes, note => note.StartsWith("Fitted on 12 rows only", StringComparison.Ordinal));
    }

    [Fact]
    public void Classes_come_likeliest_first_with_their_names()
    {
        string names = small["names.txt"];
        File.WriteAllLines(names, ["ant", "bee", "cat", "dog", "elk"]);
        using var explainer = IbaExplainer.Fit(small.Network, small.Photographs, new IbaExplainerOptions { Layer = "r", ClassNames = names });
        using var explanation = explainer.Explain(small.Photograph);
        var top = explanation.Top(3);
        Assert.Equal(3, top.Count);
        Assert.Equal(explanation.Target, top[0]);
        Assert.True(top[0].Probability >= top[1].Probability && top[1].Probability >= top[2].Probability);
        Assert.Equal(new[] { "ant", "bee", "cat", "dog", "elk" }[top[1].Index], top[1].Name);
        Assert.Equal(1, explanation.Top(9).Sum(one => one.Probability), 1e-5);
        Assert.Matches("^03.png: (ant|bee|cat|dog|elk), probability 0.\\d\\d, \\d+ bits$", explanation.ToString());
    }

    [Fact]
    public void Figure_and_map_are_written()
    {
        using var loaded = IbaExplainer.Load(small.Zip);
        using var explanation = loaded.Explain(small.Photograph);
        string figure = small["figure.png"], map = small["map.csv"], layer = small["layer.npy"];
        explanation.SaveFigure(figure);
        explanation.SaveMap(map);
        explanation.SaveMap(layer, MapSize.Layer);

        Assert.True(RgbImage.Load(figure).Height > 448);
        Assert.Equal(8, File.ReadAllLines(map).Length);
        Assert.Equal(128 + (36 * 4), new FileInfo(layer).Length);
        Assert.Throws<ArgumentException>(() => explanation.SaveFigure(small["figure.jpg"]));
        Assert.Throws<ArgumentException>(() => explanation.SaveMap(small["map.txt"]));
        explanation.Dispose();
        Assert.Throws<ObjectDisposedException>(() => explanation.Values());
    }

    [Fact]
    public void The_work_ends_at_the_step_at_which_it_is_cancelled()
    {
        using var network = OnnxNetwork.Load(small.Network);
        using var cancellation = new CancellationTokenSource();
        int steps = 0;
        var ml = new MLContext(seed: 0);
        var rows = ml.Data.LoadFromEnumerable(Directory.GetFiles(small.Photographs).Select(file => new Photograph { File = file }).ToArray());
        using var transformer = ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = "File",
            Network = network,
            Layer = "r",
            Preprocessing = ImagePreprocessing.Raw,
            Steps = 50,
            Loss = BottleneckLoss.Custom((logProbabilities, targets, clean) =>
            {
                if (++steps == 3) cancellation.Cancel();
                return logProbabilities.gather(2, targets.view(-1, 1, 1).expand(-1, logProbabilities.shape[1], 1)).squeeze(2).neg();
            }),
        }).Fit(rows);
        using var explainer = IbaExplainer.From(transformer);
        steps = 0;

        Assert.ThrowsAny<OperationCanceledException>(() => explainer.Explain(small.Photograph, cancellation.Token));
        Assert.Equal(3, steps);
        // What was cancelled leaves nothing behind.
        using var explanation = explainer.Explain(small.Photograph);
        Assert.Equal(53, steps);
    }

    [Fact]
    public void Bytes_are_explained_as_rows_of_integers_are()
    {
        using var network = ByteNetwork.Load();
        var ml = new MLContext(seed: 0);
        var rows = ml.Data.LoadFromEnumerable(ByteNetwork.Rows(20));
        using var transformer = ml.Transforms.Iba(new IbaEstimator.Options { OutputColumnName = "Bits", InputColumnName = "Bytes", Network = network, Layer = "embedded", Seed = 1 }).Fit(rows);
        float[] expected = transformer.Transform(rows).GetColumn<float[]>("Bits").First();

        using var explainer = IbaExplainer.From(transformer);
        using var explanation = explainer.ExplainBytes(Array.ConvertAll(ByteNetwork.Rows(1)[0].Bytes, value => (byte)value));
        using var row = explainer.ExplainRow(ByteNetwork.Rows(1)[0]);
        Assert.Equal(expected, explanation.Values());
        Assert.Equal(expected, row.Values());
        Assert.Equal((1, 6), (explanation.Map().GetLength(0), explanation.Map().GetLength(1)));
        explanation.SaveFigure(small["bytes.html"]);
        Assert.Contains("<table>", File.ReadAllText(small["bytes.html"]), StringComparison.Ordinal);
        Assert.Contains("takes 6 values, but there are 2", Assert.Throws<ArgumentException>(() => explainer.ExplainBytes([1, 2])).Message, StringComparison.Ordinal);
        Assert.Contains("does not read one picture", Assert.Throws<InvalidOperationException>(() => explainer.Explain(small.Photograph)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_are_explained_as_the_chain_does()
    {
        string assets = Path.Combine(AppContext.BaseDirectory, "assets", "topics");
        using var network = OnnxNetwork.Load(Path.Combine(assets, "topics.onnx"));
        var ml = new MLContext(seed: 0);
        var sentences = ml.Data.LoadFromEnumerable(new[] { "the striker scored a late goal", "the court rejected the appeal", "a new planet was seen" }.Select(text => new Sentence { Text = text }).ToArray());
        var chain = ml.Transforms.Text.TokenizeIntoWordPieces("Tokens", Path.Combine(assets, "vocab.txt"), "Text", "Mask", "Offsets").Append(ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = "Tokens",
            Network = network,
            Layer = "embeddings",
            InputName = "input_ids",
            MaskInputName = "attention_mask",
            ContextColumns = new Dictionary<string, string> { ["attention_mask"] = "Mask" },
            Steps = 2,
            NoiseCopies = 2,
            Seed = 0,
        }));
        var fitted = chain.Fit(sentences);
        float[] expected = fitted.Transform(sentences).GetColumn<float[]>("Bits").First();

        using var explainer = IbaExplainer.From(fitted);
        using var explanation = explainer.ExplainText("the striker scored a late goal");
        Assert.Equal(expected, explanation.Values());
        explanation.SaveFigure(small["words.html"]);
        Assert.Contains("striker</span>", File.ReadAllText(small["words.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_are_told_from_each_other()
    {
        Assert.Contains("no explainer", Assert.Throws<FileNotFoundException>(() => IbaExplainer.Load(small["none.zip"])).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => IbaExplainer.Fit(small.Network, small["nowhere"]));
        using var loaded = IbaExplainer.Load(small.Zip);
        Assert.Throws<InvalidDataException>(() => loaded.Explain(small.Network));
        var ml = new MLContext();
        var other = ml.Transforms.CopyColumns("B", "Text").Fit(ml.Data.LoadFromEnumerable(new[] { new Sentence() }));
        Assert.Contains("holds no IbaTransformer", Assert.Throws<InvalidOperationException>(() => IbaExplainer.From(other)).Message, StringComparison.Ordinal);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => IbaExplainer.Fit(small.Network, small.Photographs, cancelled.Token));
    }

    [Fact]
    public void What_is_wrong_with_a_zip_stands_in_the_outermost_message()
    {
        string damaged = small["damaged.zip"];
        File.Copy(small.Zip, damaged);
        using (var zip = ZipFile.Open(damaged, ZipArchiveMode.Update)) zip.Entries.Single(entry => entry.Name == "Statistics").Delete();

        var failure = Assert.Throws<InvalidOperationException>(() => IbaExplainer.Load(damaged));
        Assert.Contains("damaged.zip' cannot be loaded: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("lacks the statistics of its layer", failure.Message, StringComparison.Ordinal);
    }

    private sealed class Sentence
    {
        public string Text { get; set; } = "";
    }
}

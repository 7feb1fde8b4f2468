using System.IO.Compression;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Iba.MLNet.Tests;

/// <summary>Fitted models that are explained as they are.</summary>
[Collection(nameof(Alone))]
public sealed class ExplainedModelTests : IDisposable
{
    private const int Rows = 12;

    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;
    private readonly TransformerChain<MulticlassPredictionTransformer<MaximumEntropyModelParameters>> _model;

    public ExplainedModelTests()
    {
        TestModels.Register();
        TestModels.Made.Clear();
        TestModels.Seed = 5;
        _data = _ml.Data.LoadFromEnumerable(KindRow.Make(Rows));
        _model = TestModels.Fit(_ml, _data);
        CountingStep.Reset();
    }

    public void Dispose() => _model.Dispose();

    private IbaEstimator Estimator(ITransformer? model = null, Action<IbaEstimator.Options>? change = null)
    {
        var options = new IbaEstimator.Options { OutputColumnName = "Heatmap", Model = model ?? _model, Seed = 5, Steps = 4, NoiseCopies = 3 };
        change?.Invoke(options);
        return _ml.Transforms.Iba(options);
    }

    private static float[][] Maps(IDataView view) => view.GetColumn<float[]>("Heatmap").ToArray();

    private static string[] Visible(DataViewSchema schema) => schema.Where(column => !column.IsHidden).Select(column => column.Name).ToArray();

    private float[][] MapsOfNetworkAlone()
    {
        using var network = new ConvolutionalNetwork();
        using var transformer = _ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Layer = "conv1",
            Seed = 5,
            Steps = 4,
            NoiseCopies = 3,
        }).Fit(_data);
        return Maps(transformer.Transform(_data));
    }

    [Fact]
    public void Raw_scored_and_chained_rows_get_the_bits_that_the_network_alone_gives()
    {
        float[][] expected = MapsOfNetworkAlone();
        Assert.Contains(expected, map => map.Sum() > 1);
        using var explained = Estimator().Fit(_data);
        Assert.Equal(expected, Maps(explained.Transform(_data)));
        Assert.Equal(expected, Maps(explained.Transform(_model.Transform(_data))));
        Assert.Equal(expected, Maps(_model.Append(explained).Transform(_data)));
        using var fittedOnScored = Estimator().Fit(_model.Transform(_data));
        Assert.Equal(expected, Maps(fittedOnScored.Transform(_data)));
        using var chain = _ml.Transforms.CopyColumns("Copy", "Name").Append(Estimator()).Fit(_data);
        Assert.Equal(expected, Maps(chain.Transform(_data)));
    }

    [Fact]
    public void Layer_and_beta_are_told()
    {
        var messages = _ml.Listen("Info");
        using var explained = Estimator().Fit(_data);
        Assert.Equal("conv1", explained.Layer);
        Assert.Equal(10, explained.Bottleneck.Beta);
        Assert.Contains(messages, message => message.Contains("Layer 'conv1' is taken, as the model's reader says. Set Layer for another one.", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.Contains("Beta is 10: set Beta for another price of information", StringComparison.Ordinal));
        Assert.Contains("Beta = 10", explained.Provenance.Options);
        using var given = Estimator(change: options => options.Beta = 2.5).Fit(_data);
        Assert.Equal(2.5, given.Bottleneck.Beta);
    }

    [Fact]
    public void The_models_columns_come_once_and_before_its_own()
    {
        using var explained = Estimator().Fit(_data);
        string[] expected = [.. Visible(_model.GetOutputSchema(_data.Schema)), "Heatmap"];
        Assert.Equal(expected, Visible(explained.Transform(_data).Schema));
        Assert.Equal(expected, Visible(explained.GetOutputSchema(_data.Schema)));
        var scored = explained.Transform(_model.Transform(_data)).Schema;
        Assert.Equal(expected, Visible(scored));
        Assert.Single(scored, column => column.Name == "Score");
        Assert.Equal(
            _model.Transform(_data).GetColumn<float[]>("Score"), explained.Transform(_data).GetColumn<float[]>("Score"));
    }

    [Fact]
    public void The_model_runs_once_for_each_row_or_not_at_all()
    {
        using var explained = Estimator().Fit(_data);
        Assert.Equal(0, CountingStep.Rows);
        Maps(explained.Transform(_data));
        Assert.Equal(0, CountingStep.Rows);
        Assert.Equal(Rows, ReadAll(explained.Transform(_data)).Length);
        Assert.Equal(Rows, CountingStep.Rows);
        CountingStep.Reset();
        Assert.Equal(Rows, ReadAll(_model.Append(explained).Transform(_data)).Length);
        Assert.Equal(Rows, CountingStep.Rows);
    }

    [Fact]
    public void A_zip_holds_the_model_once_and_gives_the_same_bits()
    {
        using var explained = Estimator().Fit(_data);
        using var perChannel = Estimator(change: options => options.PerChannelStatistics = true).Fit(_data);
        using var zip = Saved(explained);
        using var alone = Saved(_model);
        Assert.InRange(zip.Length - alone.Length, 1, 100_000);
        using (var small = Saved(perChannel)) Assert.InRange(small.Length - alone.Length, 1, 10_000);
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true))
        {
            string[] names = archive.Entries.Select(entry => entry.FullName.Replace('\\', '/')).ToArray();
            Assert.DoesNotContain(names, name => name.EndsWith("/Network", StringComparison.Ordinal));
            Assert.Single(names, name => name == "TransformerChain/Model/Model.key");
            Assert.Single(names, name => name.EndsWith("/Terms", StringComparison.Ordinal) || name.EndsWith("/Terms.txt", StringComparison.Ordinal));
        }

        float[][] expected = Maps(explained.Transform(_data));
        zip.Position = 0;
        var loaded = _ml.Model.Load(zip, out _);
        var network = TestModels.Made[^1];
        Assert.Equal(expected, Maps(loaded.Transform(_data)));
        Assert.Equal(expected, Maps(loaded.Transform(_model.Transform(_data))));
        Assert.Equal(_model.Transform(_data).GetColumn<float[]>("Score"), loaded.Transform(_data).GetColumn<float[]>("Score"));
        Assert.False(network.IsDisposed);
        ((IDisposable)loaded).Dispose();
        Assert.True(network.IsDisposed);

        using var again = Saved(_ml.Transforms.CopyColumns("Copy", "Name").Append(Estimator()).Fit(_data));
        using var chain = (IDisposable)_ml.Model.Load(again, out _);
        Assert.Equal(expected, Maps(((ITransformer)chain).Transform(_data)));
    }

    [Fact]
    public void An_engine_predicts_and_explains_and_leaves_the_model_alone()
    {
        var explained = Estimator().Fit(_data);
        float[][] expected = Maps(explained.Transform(_data));
        var rows = KindRow.Make(Rows);
        using (var engine = _ml.Model.CreatePredictionEngine<KindRow, ScoredRow>(explained, ignoreMissingColumns: true))
        {
            Assert.Equal(expected[2], engine.Predict(rows[2]).Heatmap);
            Assert.Equal(_model.Transform(_data).GetColumn<float[]>("Score").ElementAt(3), engine.Predict(rows[3]).Score);
        }

        Assert.Throws<ObjectDisposedException>(() => Maps(explained.Transform(_data)));
        Assert.Equal(Rows, _model.Transform(_data).GetColumn<float[]>("Score").Count());
    }

    [Fact]
    public void A_network_that_was_made_lives_as_long_as_the_last_transformer()
    {
        var estimator = Estimator();
        var first = estimator.Fit(_data);
        var second = estimator.Fit(_data);
        var network = Assert.Single(TestModels.Made);
        float[][] expected = Maps(second.Transform(_data));
        first.Dispose();
        first.Dispose();
        Assert.False(network.IsDisposed);
        Assert.Equal(expected, Maps(second.Transform(_data)));
        second.Dispose();
        Assert.True(network.IsDisposed);
        using var third = estimator.Fit(_data);
        Assert.Equal(expected, Maps(third.Transform(_data)));
        Assert.Equal(2, TestModels.Made.Count);

        Assert.ThrowsAny<ArgumentException>(() => Estimator(change: options => options.Layer = "nowhere"));
        Assert.Throws<InvalidOperationException>(() => Estimator(change: options => options.Layer = "constant").Fit(_data));
        Assert.All(TestModels.Made.Skip(2), made => Assert.True(made.IsDisposed));
    }

    [Fact]
    public void Of_several_classifiers_one_is_chosen_by_its_scores()
    {
        var several = _model.Append(_ml.Transforms.CopyColumns("SecondScore", "Score").Fit(_model.Transform(_data)));
        string message = Assert.ThrowsAny<ArgumentException>(() => Estimator(several)).Message;
        Assert.Contains("'Score' of network 5, 'SecondScore' of network 6", message, StringComparison.Ordinal);
        Assert.Contains(nameof(AttributionOptions.ModelScoreColumnName), message, StringComparison.Ordinal);
        Assert.Contains("'Score' of", Assert.ThrowsAny<ArgumentException>(() => Estimator(several, options => options.ModelScoreColumnName = "Scores")).Message, StringComparison.Ordinal);
        Assert.All(TestModels.Made, made => Assert.True(made.IsDisposed));

        using var second = Estimator(several, options => options.ModelScoreColumnName = "SecondScore").Fit(_data);
        float[][] expected = Maps(second.Transform(_data));
        Assert.NotEqual(MapsOfNetworkAlone(), expected);
        using var zip = Saved(second);
        using var loaded = (IDisposable)_ml.Model.Load(zip, out _);
        Assert.Equal(expected, Maps(((ITransformer)loaded).Transform(_data)));
        Assert.Contains(
            "which is not set", Assert.ThrowsAny<ArgumentException>(() => Estimator(null, options => (options.Model, options.ModelScoreColumnName) = (null, "Score"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_explained_says_why()
    {
        var trees = _model.Append(_ml.Transforms.Concatenate("Both", "Score", "Counted").Fit(_model.Transform(_data)));
        Assert.Contains("a tree has no gradient; train a linear model.", Assert.ThrowsAny<ArgumentException>(() => Estimator(trees)).Message, StringComparison.Ordinal);
        Assert.All(TestModels.Made, made => Assert.True(made.IsDisposed));
        string missing = Assert.Throws<NotSupportedException>(() => ModelClassifiers.CheckReader("text classifiers", "Iba.MLNet.TorchSharp")).Message;
        Assert.Contains("'text classifiers', which 'Iba.MLNet.TorchSharp' reads", missing, StringComparison.Ordinal);
        Assert.Contains("Reference the package Iba.MLNet.TorchSharp", missing, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_missing_or_written_over_are_named()
    {
        var estimator = Estimator();
        var withoutPixels = _ml.Transforms.DropColumns("Pixels").Fit(_data).Transform(_data);
        Assert.Contains("'Pixels'. The data has the columns 'Name', 'Kind'", Assert.Throws<InvalidOperationException>(() => estimator.Fit(withoutPixels)).Message, StringComparison.Ordinal);
        string early = Assert.ThrowsAny<ArgumentException>(() => estimator.GetOutputSchema(SchemaShape.Create(withoutPixels.Schema))).Message;
        Assert.Contains("'Pixels'. The data has the columns 'Name', 'Kind'", early, StringComparison.Ordinal);

        var scored = _model.Transform(_data);
        var dropped = _model.Append(_ml.Transforms.DropColumns("Pixels").Fit(scored));
        Assert.Contains(
            "reads column 'Pixels', but neither the data nor what the model makes of it has such a column", Assert.Throws<InvalidOperationException>(() => Estimator(dropped).Fit(_data)).Message,
            StringComparison.Ordinal);
        var overwritten = _model.Append(_ml.Transforms.NormalizeMinMax("Pixels").Fit(scored));
        Assert.Contains(
            "a later step of the model (NormalizingTransformer) writes another column of that name", Assert.Throws<InvalidOperationException>(() => Estimator(overwritten).Fit(_data)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_may_follow_that_need_the_models_columns_and_the_promise_is_kept()
    {
        using var chain = Estimator().Append(_ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel")).Fit(_data);
        Assert.Equal(
            _ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel").Fit(_model.Transform(_data)).Transform(_model.Transform(_data)).GetColumn<string>("Predicted"),
            chain.Transform(_data).GetColumn<string>("Predicted"));

        var estimator = Estimator(change: options => options.ScoresColumnName = "Probabilities");
        var promised = estimator.GetOutputSchema(SchemaShape.Create(_data.Schema)).ToDictionary(column => column.Name);
        using var explained = estimator.Fit(_data);
        var delivered = SchemaShape.Create(explained.GetOutputSchema(_data.Schema));
        Assert.Equal(promised.Keys.Order(), delivered.Select(column => column.Name).Order());
        foreach (var column in delivered) Assert.True(column.IsCompatibleWith(promised[column.Name]), column.Name);
    }

    [Fact]
    public void Class_names_and_labels_are_those_of_the_models_keys()
    {
        using var explained = Estimator(change: options =>
        {
            options.ScoresColumnName = "Probabilities";
            options.LabelColumnName = "Kind";
            options.TargetColumnName = "Target";
        }).Fit(_data);
        var view = explained.Transform(_data);
        VBuffer<ReadOnlyMemory<char>> names = default;
        view.Schema["Probabilities"].GetSlotNames(ref names);
        Assert.Equal(["kind 0", "kind 1", "kind 2", "kind 3"], names.DenseValues().Select(name => name.ToString()));
        Assert.Equal(Enumerable.Range(0, Rows).Select(row => row % 4), view.GetColumn<int>("Target"));
    }

    [Fact]
    public void A_file_whose_model_has_other_weights_is_refused_and_so_is_safe_loading()
    {
        using var explained = Estimator().Fit(_data);
        using var zip = Saved(explained);
        TestModels.Seed = 7;
        Assert.Contains(
            "The weights of the network up to layer 'conv1' changed", Assert.ThrowsAny<Exception>(() => _ml.Model.Load(zip, out _)).GetBaseException().Message, StringComparison.Ordinal);
        Assert.True(TestModels.Made[^1].IsDisposed);
        string refusal = Assert.Throws<FormatException>(() => IbaTransformer.Load(_ml, zip)).Message;
        Assert.Contains("the model that it explains", refusal, StringComparison.Ordinal);
        Assert.Contains("mlContext.Model.Load", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_explainers_of_one_model_follow_each_other()
    {
        using var first = Estimator().Fit(_data);
        using var second = Estimator(first, options => options.OutputColumnName = "Second").Fit(_data);
        var view = second.Transform(_data);
        Assert.Equal([.. Visible(_model.GetOutputSchema(_data.Schema)), "Heatmap", "Second"], Visible(view.Schema));
        Assert.Equal(MapsOfNetworkAlone(), view.GetColumn<float[]>("Second"));
        Assert.Equal(MapsOfNetworkAlone(), Maps(view));
        using var zip = Saved(second);
        using var loaded = (IDisposable)_ml.Model.Load(zip, out _);
        Assert.Equal(MapsOfNetworkAlone(), ((ITransformer)loaded).Transform(_data).GetColumn<float[]>("Second"));
    }

    [Fact]
    public void Other_methods_explain_models_too()
    {
        using var gradient = new Gradient();
        using var network = new ConvolutionalNetwork();
        using var alone = _ml.Transforms.Attribution("Heatmap", "Pixels", network, gradient).Fit(_data);
        float[][] expected = Maps(alone.Transform(_data));
        using var explained = _ml.Transforms.Attribution(new AttributionEstimator.Options { OutputColumnName = "Heatmap", Model = _model, Method = gradient }).Fit(_data);
        Assert.Equal(expected, Maps(explained.Transform(_data)));
        using var zip = Saved(explained);
        using var loaded = (IDisposable)_ml.Model.Load(zip, out _);
        Assert.Equal(expected, Maps(((ITransformer)loaded).Transform(_data)));
    }

    [Fact]
    public void No_tensor_outlives_it()
    {
        Explain();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = TorchSharp.torch.Tensor.TotalCount;
        for (int i = 0; i < 3; i++) Explain();
        Assert.Equal(before, TorchSharp.torch.Tensor.TotalCount);

        void Explain()
        {
            using var explained = Estimator().Fit(_data);
            Maps(explained.Transform(_data));
            using var zip = Saved(explained);
            using var loaded = (IDisposable)_ml.Model.Load(zip, out _);
            Maps(((ITransformer)loaded).Transform(_data));
            Assert.Throws<InvalidOperationException>(() => Estimator(change: options => options.Layer = "constant").Fit(_data));
        }
    }

    private ScoredRow[] ReadAll(IDataView view) => _ml.Data.CreateEnumerable<ScoredRow>(view, reuseRowObject: false, ignoreMissingColumns: true).ToArray();

    private MemoryStream Saved(ITransformer transformer)
    {
        var zip = new MemoryStream();
        _ml.Model.Save(transformer, _data.Schema, zip);
        zip.Position = 0;
        return zip;
    }
}

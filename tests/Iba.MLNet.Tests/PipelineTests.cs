using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Iba.MLNet.Tests;

/// <summary>The component among ML.NET's other parts: it takes part in all of them and disturbs none.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(20);
    private readonly IDataView _data;
    private readonly IbaTransformer _transformer;
    private readonly Dictionary<string, ExplainedRow> _expected;

    public PipelineTests()
    {
        _data = _ml.Data.LoadFromEnumerable(_rows);
        _transformer = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network)).Fit(_data);
        _expected = _ml.Read(_transformer.Transform(_data)).ToDictionary(row => row.Name);
    }

    public void Dispose()
    {
        _transformer.Dispose();
        _network.Dispose();
    }

    private void AssertRows(IDataView view, int count)
    {
        var rows = _ml.Read(view);
        Assert.Equal(count, rows.Length);
        Assert.Equal(count, rows.Select(row => row.Name).Distinct().Count());
        foreach (var row in rows) IbaTransformerTests.AssertClose(_expected[row.Name], row);
    }

    [Fact]
    public void Views_before_and_after_it_may_cache_shuffle_take_skip_and_filter()
    {
        var explained = _transformer.Transform(_data);
        AssertRows(_ml.Data.Cache(explained), 20);
        AssertRows(_ml.Data.ShuffleRows(explained, seed: 3), 20);
        AssertRows(_ml.Data.TakeRows(explained, 5), 5);
        AssertRows(_ml.Data.SkipRows(explained, 13), 7);
        AssertRows(_ml.Data.FilterRowsByColumn(explained, "Number", 5, 15), 10);
        AssertRows(_transformer.Transform(_ml.Data.Cache(_data)), 20);
        AssertRows(_transformer.Transform(_ml.Data.ShuffleRows(_data, seed: 3)), 20);
        AssertRows(_transformer.Transform(_ml.Data.ShuffleRows(_ml.Data.Cache(_data), seed: 3)), 20);
        AssertRows(_transformer.Transform(_ml.Data.TakeRows(_data, 9)), 9);
        AssertRows(_transformer.Transform(_ml.Data.FilterRowsByColumn(_data, "Number", 5, 15)), 10);
        AssertRows(_transformer.Transform(_ml.Data.TrainTestSplit(_data, 0.25).TestSet), _ml.Read(_ml.Data.TrainTestSplit(_data, 0.25).TestSet).Length);
    }

    [Fact]
    public void A_shuffled_cursor_gives_each_row_its_own_map()
    {
        var view = _transformer.Transform(_ml.Data.Cache(_data));
        Assert.True(view.CanShuffle);
        using var cursor = view.GetRowCursor([view.Schema["Heatmap"], view.Schema["Name"]], new Random(4));
        var name = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Name"]);
        var map = cursor.GetGetter<VBuffer<float>>(view.Schema["Heatmap"]);
        var names = new List<string>();
        while (cursor.MoveNext())
        {
            ReadOnlyMemory<char> text = default;
            VBuffer<float> values = default;
            name(ref text);
            map(ref values);
            names.Add(text.ToString());
            double largest = _expected[names[^1]].Heatmap.Max();
            Assert.Equal(_expected[names[^1]].Heatmap[100], values.GetItemOrDefault(100), 1e-5 * largest);
        }

        Assert.Equal(20, names.Distinct().Count());
        Assert.NotEqual(_rows.Select(row => row.Name), names);
    }

    [Fact]
    public void Saved_data_reads_back_with_its_dimensions()
    {
        using var stream = new MemoryStream();
        var explained = _transformer.Transform(_data);
        _ml.Data.SaveAsBinary(explained, stream);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, stream.ToArray());
            var loaded = _ml.Data.LoadFromBinary(path);
            Assert.Equal("Vector<Single, 16, 16>", loaded.Schema["Heatmap"].Type.ToString());
            AssertRows(loaded, 20);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Chains_with_a_cache_checkpoint_fit_and_agree()
    {
        var chain = _ml.Transforms.CopyColumns("Copy", "Name").AppendCacheCheckpoint(_ml).Append(_ml.Transforms.Iba(TestPipelines.PixelOptions(_network)))
            .AppendCacheCheckpoint(_ml);
        AssertRows(chain.Fit(_data).Transform(_data), 20);
    }

    [Fact]
    public void A_trainer_on_other_columns_learns_the_same_with_and_without_it()
    {
        var trainer = _ml.BinaryClassification.Trainers.LbfgsLogisticRegression(
            new LbfgsLogisticRegressionBinaryTrainer.Options { LabelColumnName = "IsEven", FeatureColumnName = "Other", NumberOfThreads = 1 });
        var alone = trainer.Fit(_data).Model.SubModel.Weights;
        var after = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network)).Append(trainer).Fit(_data).LastTransformer.Model.SubModel.Weights;
        Assert.Equal(alone, after);
    }

    [Fact]
    public void Heat_map_and_bits_are_features_of_a_trainer()
    {
        var chain = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network))
            .Append(_ml.Transforms.Concatenate("Features", "Heatmap", "Bits"))
            .Append(_ml.Transforms.NormalizeMinMax("Features"))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.Transforms.Conversion.MapValueToKey("Key", "Target"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Key", maximumNumberOfIterations: 5));
        var scored = chain.Fit(_data).Transform(_data);
        var metrics = _ml.MulticlassClassification.Evaluate(scored, "Key");
        Assert.InRange(metrics.MicroAccuracy, 0.5, 1);
    }

    [Fact]
    public void Cross_validation_fits_and_explains_every_fold()
    {
        var chain = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network))
            .Append(_ml.Transforms.Concatenate("Features", "Bits"))
            .Append(_ml.Regression.Trainers.Sdca("Bits", maximumNumberOfIterations: 2));
        var folds = _ml.Regression.CrossValidate(_data, chain, numberOfFolds: 2, labelColumnName: "Bits");
        Assert.Equal(2, folds.Count);
        Assert.All(folds, fold => Assert.True(double.IsFinite(fold.Metrics.MeanAbsoluteError)));
    }

    [Fact]
    public void A_model_saved_with_its_data_loader_explains_files()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string text = Path.Combine(folder, "rows.tsv");
            File.WriteAllLines(text, _rows.Select(row => string.Join('\t', row.Pixels.Select(value => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)).Append(row.Name))));
            int size = 3 * PixelRow.Side * PixelRow.Side;
            var loader = _ml.Data.CreateTextLoader([new("Pixels", DataKind.Single, 0, size - 1), new("Name", DataKind.String, size)]);
            var model = loader.Append(_ml.Transforms.Iba(TestPipelines.PixelOptions(_network))).Fit(new MultiFileSource(text));
            string path = Path.Combine(folder, "model.zip");
            _ml.Model.Save(model.Transformer, loader, path);
            var loaded = _ml.Model.LoadWithDataLoader(path, out var files);
            AssertRows(loaded.Transform(files.Load(new MultiFileSource(text))), 20);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Nothing_is_computed_unless_a_value_is_asked_for()
    {
        _network.HeadCalls.Clear();
        var view = _transformer.Transform(_data);
        Assert.Equal(20, view.GetColumn<string>("Name").Count());
        Assert.Empty(_network.HeadCalls);

        // An active column whose values nobody reads.
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.Empty(_network.HeadCalls);
        using (var cursor = view.GetRowCursor([view.Schema["Bits"]]))
        {
            var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
            float value = 0;
            for (int row = 0; row < 10; row++) Assert.True(cursor.MoveNext());
            bits(ref value);
            bits(ref value);
            Assert.Equal(Enumerable.Repeat(1L, 8), _network.HeadCalls); // rows 8 to 15; rows 0 to 7 were not asked for
        }
    }

    [Fact]
    public void Batches_of_one_are_read_and_computed_by_the_caller_when_it_asks()
    {
        var options = TestPipelines.PixelOptions(_network);
        options.BatchSize = 1;
        using var transformer = _ml.Transforms.Iba(options).Fit(_data);
        _network.Threads.Clear();
        _network.HeadCalls.Clear();
        var view = transformer.Transform(_data);
        using var cursor = view.GetRowCursor([view.Schema["Bits"], view.Schema["Name"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        float value = 0;
        for (int row = 0; row < 5; row++) Assert.True(cursor.MoveNext());
        Assert.Empty(_network.HeadCalls);
        bits(ref value);
        Assert.Equal(_expected["row 4"].Bits, value, 1e-5 * value);
        Assert.Single(_network.HeadCalls);
        Assert.Equal(Thread.CurrentThread, Assert.Single(_network.Threads));
    }

    [Fact]
    public void A_cursor_may_be_left_early_and_others_work_beside_it()
    {
        var view = _transformer.Transform(_data);
        var left = view.GetRowCursor(view.Schema);
        Assert.True(left.MoveNext());
        left.Dispose();
        left.Dispose();
        Parallel.For(0, 4, _ => AssertRows(view, 20));
        var set = view.GetRowCursorSet(view.Schema.ToArray(), 4);
        long rows = 0;
        foreach (var cursor in set)
        {
            while (cursor.MoveNext()) rows++;
            cursor.Dispose();
        }

        Assert.Equal(20, rows);
    }

    [Fact]
    public void Values_of_a_row_that_is_not_there_are_refused()
    {
        var view = _transformer.Transform(_data);
        using var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        float value = 0;
        Assert.Throws<InvalidOperationException>(() => bits(ref value));
        Assert.ThrowsAny<ArgumentException>(() => cursor.GetGetter<float>(view.Schema["Name"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<int>(view.Schema["Bits"]));
        while (cursor.MoveNext())
        {
        }

        Assert.Throws<InvalidOperationException>(() => bits(ref value));
    }

    [Fact]
    public void Cancelling_the_context_stops_fit_and_cursors()
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(_rows);
        var estimator = ml.Transforms.Iba(TestPipelines.PixelOptions(_network));
        using var transformer = estimator.Fit(data);
        var view = transformer.Transform(data);
        using var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        Assert.True(cursor.MoveNext());
        ml.CancelExecution();
        float value = 0;
        Assert.Throws<OperationCanceledException>(() => bits(ref value));
        Assert.Throws<OperationCanceledException>(() => estimator.Fit(data));
    }

    [Fact]
    public void Legacy_walks_reapply_it_to_other_data_without_saving_the_network()
    {
        var view = (ITransformTemplate)_transformer.Transform(_data);
        AssertRows(view.ApplyToData((IHostEnvironment)_ml, _ml.Data.TakeRows(_data, 6)), 6);
    }
}

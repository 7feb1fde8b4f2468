using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Targets in pipelines: what they read, and the columns that they give.</summary>
public sealed class TargetColumnsTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(9);
    private readonly IDataView _data;
    private readonly IDataView _scenes;

    public TargetColumnsTests()
    {
        _data = _ml.Data.LoadFromEnumerable(_rows);
        _scenes = _ml.Data.LoadFromEnumerable(Scene.Make(6, seed: 3));
    }

    public void Dispose() => _network.Dispose();

    /// <summary>Options for scenes, quick ones.</summary>
    internal static IbaEstimator.Options Options(OnnxNetwork network, Action<IbaEstimator.Options>? change = null)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Layer = "features",
            TargetColumnName = "Target",
            ScoresColumnName = "Scores",
            Seed = 3,
            Steps = 5,
            NoiseCopies = 2,
        };
        change?.Invoke(options);
        return options;
    }

    private IbaEstimator Estimator(Action<IbaEstimator.Options> change)
    {
        var options = TestPipelines.PixelOptions(_network);
        change(options);
        return _ml.Transforms.Iba(options);
    }

    private static T[] Column<T>(IDataView view, string name) => view.GetColumn<T>(name).ToArray();

    private ITransformer Reload(ITransformer transformer)
    {
        using var file = new MemoryStream();
        _ml.Model.Save(transformer, null, file);
        return _ml.Model.Load(new MemoryStream(file.ToArray()), out _);
    }

    [Fact]
    public void Several_classes_are_stacked()
    {
        var estimator = Estimator(options => options.Target = ExplanationTarget.TopClasses(2));
        using var explainer = estimator.Fit(_data);
        var view = explainer.Transform(_data);
        Assert.Equal([2, 16, 16], ((VectorDataViewType)view.Schema["Heatmap"].Type).Dimensions.ToArray());
        Assert.Equal([2], ((VectorDataViewType)view.Schema["Bits"].Type).Dimensions.ToArray());
        Assert.Equal([2], ((VectorDataViewType)view.Schema["Target"].Type).Dimensions.ToArray());
        Assert.Equal([2, 4], ((VectorDataViewType)view.Schema["ScoresWithBottleneck"].Type).Dimensions.ToArray());
        Assert.Equal([2, 6, 16, 16], ((VectorDataViewType)view.Schema["Capacity"].Type).Dimensions.ToArray());
        var promised = estimator.GetOutputSchema(SchemaShape.Create(_data.Schema));
        foreach (var column in promised) Assert.Equal(column.Kind == SchemaShape.Column.VectorKind.Vector, view.Schema[column.Name].Type is VectorDataViewType { IsKnownSize: true });

        float[][] maps = Column<float[]>(view, "Heatmap"), bits = Column<float[]>(view, "Bits"), scores = Column<float[]>(view, "Scores"), under = Column<float[]>(view, "ScoresWithBottleneck");
        int[][] targets = Column<int[]>(view, "Target");
        for (int target = 0; target < ConvolutionalNetwork.Classes; target++)
        {
            using var single = Estimator(options => options.TargetIndex = target).Fit(_data);
            var expected = _ml.Read(single.Transform(_data));
            for (int row = 0; row < _rows.Length; row++)
            {
                int rank = scores[row].Count(score => score > scores[row][target]);
                if (rank >= 2) continue;
                Assert.Equal(target, targets[row][rank]);
                Assert.Equal(expected[row].Heatmap, maps[row][(rank * 256)..((rank + 1) * 256)]);
                Assert.Equal(expected[row].Bits, bits[row][rank]);
                Assert.Equal(expected[row].ScoresWithBottleneck, under[row][(rank * 4)..((rank + 1) * 4)]);
            }
        }

        var loaded = Reload(explainer);
        Assert.Equal(maps, Column<float[]>(loaded.Transform(_data), "Heatmap"));
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void Two_classes_are_told_apart_by_columns_of_names_and_numbers()
    {
        string[] names = ["row 0", "row 1", "row 2", "row 3"];
        using var explainer = Estimator(options => (options.Target, options.ClassNames, options.BadRows) = (ExplanationTarget.Contrast("Name", "Label"), names, BadRowHandling.Missing)).Fit(_data);
        var rows = PixelRow.Make(6);
        for (int i = 0; i < rows.Length; i++) (rows[i].Name, rows[i].Label) = (i == 4 ? "row 9" : "row 1", i == 5 ? 1 : 2);
        var found = _ml.Read(explainer.Transform(_ml.Data.LoadFromEnumerable(rows)));
        using var fixedPair = Estimator(options => options.Target = ExplanationTarget.Contrast(1, 2)).Fit(_data);
        var expected = _ml.Read(fixedPair.Transform(_ml.Data.LoadFromEnumerable(rows)));
        for (int i = 0; i < 4; i++) Assert.Equal(expected[i].Heatmap, found[i].Heatmap);
        Assert.Equal([1, 1, 1, 1, -1, -1], found.Select(row => row.Target));
        using var other = Estimator(options => options.Target = ExplanationTarget.Contrast(2, 1)).Fit(_data);
        Assert.NotEqual(expected[0].Heatmap, _ml.Read(other.Transform(_ml.Data.LoadFromEnumerable(rows)))[0].Heatmap);
    }

    [Fact]
    public void The_tolerance_of_a_value_is_measured()
    {
        var infos = _ml.Listen("Info");
        var estimator = Estimator(options => (options.Target, options.ClassNames) = (ExplanationTarget.Value("c"), ["a", "b", "c", "d"]));
        using var explainer = estimator.Fit(_data);
        using var scope = TorchSharp.torch.NewDisposeScope();
        double[] outputs = [.. _rows.Select(row => _network.Forward([TorchSharp.torch.tensor(row.Pixels).view(1, 3, 16, 16)])[0, 2].item<float>())];
        double mean = outputs.Average(), deviation = Math.Sqrt(outputs.Sum(value => (value - mean) * (value - mean)) / (outputs.Length - 1));
        var target = Assert.IsType<ValueTarget>(explainer.Settings.Target);
        double tolerance = double.Parse(target.Name["value [2,".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(0.1 * deviation, tolerance, 1e-6 * deviation);
        Assert.Contains(infos, info => info.Contains("is a tenth of the output's deviation", StringComparison.Ordinal));
        var found = _ml.Read(explainer.Transform(_data));
        for (int i = 0; i < found.Length; i++) Assert.Equal(outputs[i], found[i].Scores[2], 1e-4);
        Assert.Equal(Iba.Torch.OutputKind.Values, explainer.Output);
        var loaded = Reload(explainer);
        Assert.Equal(found[3].Heatmap, _ml.Read(loaded.Transform(_data))[3].Heatmap);
        (loaded as IDisposable)?.Dispose();

        // In parts, the same comes out; without the outputs nothing does.
        using var first = estimator.Measure(_ml.Data.LoadFromEnumerable(_rows.Take(4)));
        using var second = LayerMeasurement.Load(new MemoryStream(Saved(estimator.Measure(_ml.Data.LoadFromEnumerable(_rows.Skip(4))))));
        first.Merge(second);
        using var merged = estimator.Fit(first);
        Assert.Equal(tolerance, double.Parse(merged.Settings.Target.Name["value [2,".Length..^1], System.Globalization.CultureInfo.InvariantCulture), 1e-9);
        using var without = Estimator(options => options.Target = ExplanationTarget.Value(2, tolerance: 1)).Measure(_data);
        Assert.Contains("measured without the network's outputs", Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(without)).Message, StringComparison.Ordinal);
        Assert.Contains("was measured for a target that is a value", Assert.ThrowsAny<ArgumentException>(() => first.Merge(without)).Message, StringComparison.Ordinal);

        static byte[] Saved(LayerMeasurement measurement)
        {
            using var owned = measurement;
            using var stream = new MemoryStream();
            owned.Save(stream);
            return stream.ToArray();
        }
    }

    [Fact]
    public void Vectors_are_compared_with_those_of_a_column()
    {
        using var network = SceneNetworks.Embedder();
        var scenes = Scene.Make(3, seed: 4);
        // The wrong number of values, and the right one.
        Assert.Contains("has 4 values for a row; the network's vectors have 3", Assert.Throws<InvalidOperationException>(() => Explain("RedBox")).Message, StringComparison.Ordinal);
        for (int i = 0; i < scenes.Length; i++) scenes[i].BluePoint = [1, 0];
        using var own = _ml.Transforms.Iba(Options(network, options => options.Target = ExplanationTarget.Embedding)).Fit(_scenes);
        Assert.All(Column<float[]>(own.Transform(_ml.Data.LoadFromEnumerable(scenes)), "Scores"), scores => Assert.Equal(1, Assert.Single(scores), 1e-5f));

        float[][] Explain(string column)
        {
            using var explainer = _ml.Transforms.Iba(Options(network, options => options.Target = ExplanationTarget.SimilarTo(column))).Fit(_scenes);
            return Column<float[]>(explainer.Transform(_ml.Data.LoadFromEnumerable(scenes)), "Scores");
        }
    }

    [Fact]
    public void Boxes_of_every_layout_are_explained_alike()
    {
        ExplainedScene[]? expected = null;
        foreach (var (layout, network) in new[] { (BoxLayout.Yolo8, SceneNetworks.Yolo8()), (BoxLayout.Yolo5, SceneNetworks.Yolo5()), (BoxLayout.Ssd, SceneNetworks.Ssd()) })
        {
            using var owned = network;
            var options = Options(network, options => (options.Target, options.TargetBoxColumnName, options.Steps) = (ExplanationTarget.Box(layout, "RedBox"), "Box", 10));
            using var explainer = _ml.Transforms.Iba(options).Fit(_scenes);
            var loaded = Reload(explainer);
            var found = _ml.Data.CreateEnumerable<ExplainedScene>(loaded.Transform(_scenes), reuseRowObject: false).ToArray();
            (loaded as IDisposable)?.Dispose();
            foreach (var row in found)
            {
                Assert.Equal(layout == BoxLayout.Ssd ? 1 : 0, row.Target);
                Assert.True(row.Scores[row.Target] > 0.9f);
                for (int i = 0; i < 4; i++) Assert.InRange(row.Box[i] - row.RedBox[i], -4f, 4f);
                Assert.True(Scene.Inside(row.Heatmap, row.RedBox) > 0.7);
            }

            if (layout == BoxLayout.Yolo5)
            {
                foreach (var (wanted, row) in expected!.Zip(found))
                {
                    Assert.Equal(wanted.Box, row.Box);
                    for (int i = 0; i < row.Heatmap.Length; i++) Assert.Equal(wanted.Heatmap[i], row.Heatmap[i], 0.01f * wanted.Heatmap.Max());
                }
            }

            expected ??= found;
        }
    }

    [Fact]
    public void Other_methods_answer_the_same_questions()
    {
        using var network = SceneNetworks.Segmenter();
        using var gradient = new Gradient();
        using var occlusion = new Occlusion(8);
        using var cam = new GradCam();
        var options = new AttributionEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Method = gradient,
            FurtherMethods = [("Drop", occlusion)],
            Target = ExplanationTarget.Each(ExplanationTarget.Region("RedMask", 1), ExplanationTarget.RegionAt("BluePoint")),
        };
        using var explainer = _ml.Transforms.Attribution(options).Fit(_scenes);
        var view = explainer.Transform(_scenes);
        float[][] slopes = Column<float[]>(view, "Heatmap"), drops = Column<float[]>(view, "Drop"), red = Column<float[]>(view, "RedBox"), blue = Column<float[]>(view, "BlueBox");
        for (int row = 0; row < slopes.Length; row++)
        {
            // The convolution and the smoothing look at pixels around.
            Assert.Equal(1, Scene.Inside(slopes[row].AsSpan(0, 1024), [.. red[row][..2].Select(edge => edge - 2), .. red[row][2..].Select(edge => edge + 2)]), 1e-6);
            Assert.Equal(1, Scene.Inside(slopes[row].AsSpan(1024), blue[row]), 1e-6);
            Assert.True(drops[row][..1024].Sum() > 0 && drops[row][1024..].Sum() > 0);
        }

        options.Method = cam;
        (options.Layer, options.FurtherMethods) = ("features", null);
        using var atLayer = _ml.Transforms.Attribution(options).Fit(_scenes);
        Assert.All(Column<float[]>(atLayer.Transform(_scenes), "Heatmap").Zip(red), pair => Assert.True(Scene.Inside(pair.First.AsSpan(0, 1024), pair.Second) > 0.9));
    }

    [Fact]
    public void A_target_of_ones_own_is_saved_once_it_is_known()
    {
        const string name = "difference-of-the-first-two";
        var target = ExplanationTarget.Custom(name, outputs => outputs.Values.select(2, 0) - outputs.Values.select(2, 1));
        using var explainer = Estimator(options => options.Target = target).Fit(_data);
        float[][] maps = Column<float[]>(explainer.Transform(_data), "Heatmap");
        Assert.Contains("call ExplanationTarget.Register", Assert.ThrowsAny<InvalidOperationException>(() => Reload(explainer)).Message, StringComparison.Ordinal);
        ExplanationTarget.Register(name, () => target);
        var loaded = Reload(explainer);
        Assert.Equal(maps, Column<float[]>(loaded.Transform(_data), "Heatmap"));
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_what_does()
    {
        Refused("Set either Target or TargetIndex, not both", options => (options.Target, options.TargetIndex) = (ExplanationTarget.Contrast(0, 1), 1));
        Refused("set LabelColumnName, which it reads", options => options.Target = ExplanationTarget.Label);
        Refused("it does not read the class in LabelColumnName", options => (options.Target, options.LabelColumnName) = (ExplanationTarget.Contrast(0, 1), "Label"));
        Refused("Loss is 'margin', but target 'contrast [0,1]' has a loss of its own", options => (options.Target, options.Loss) = (ExplanationTarget.Contrast(0, 1), BottleneckLoss.Margin));
        Refused("Target is 'contrast [0,7]'; the network has classes 0 to 3", options => options.Target = ExplanationTarget.Contrast(0, 7));
        Refused("Target is 'value [4,null]'; the network has outputs 0 to 3", options => options.Target = ExplanationTarget.Value(4));
        Refused("Targets that fit outputs [9, 4]: PredictedClass, Value, Embedding", options => options.Target = ExplanationTarget.Region(0));
        Refused("PredictedLabelColumnName is 'P', but target 'value [0,null]' is no class", options => (options.Target, options.PredictedLabelColumnName) = (ExplanationTarget.Value(), "P"));
        Refused("TargetBoxColumnName is 'B', but target 'predicted-class' is no box", options => options.TargetBoxColumnName = "B");
        Refused("target column 'Nowhere'", options => options.Target = ExplanationTarget.SimilarTo("Nowhere"));
        Refused("set ClassNames", options => options.Target = ExplanationTarget.Value("age"));
        using var network = SceneNetworks.Segmenter();
        var failure = Assert.ThrowsAny<InvalidOperationException>(() => _ml.Transforms.Iba(Options(network)).Fit(_scenes));
        Assert.Contains("Targets that fit outputs [6, 3, 32, 32]: Region, or one of your own (Custom).", failure.Message, StringComparison.Ordinal);

        void Refused(string message, Action<IbaEstimator.Options> change)
            => Assert.Contains(message, Assert.ThrowsAny<Exception>(() => Estimator(options =>
            {
                options.BatchSize = 9;
                change(options);
            }).Fit(_data)).Message, StringComparison.OrdinalIgnoreCase);
    }
}

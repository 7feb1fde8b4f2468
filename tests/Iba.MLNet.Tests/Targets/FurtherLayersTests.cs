using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Maps at several layers in one call: each as if it were the only one.</summary>
public sealed class FurtherLayersTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public FurtherLayersTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(9));

    public void Dispose() => _network.Dispose();

    private IbaEstimator Estimator(Action<IbaEstimator.Options> change)
    {
        var options = TestPipelines.PixelOptions(_network);
        change(options);
        return _ml.Transforms.Iba(options);
    }

    private static void AtBoth(IbaEstimator.Options options)
        => (options.FurtherLayers, options.LayerSumColumnName, options.LayerStackColumnName) = ([("Later", "conv2"), ("Tokens", "tokens")], "Sum", "Stack");

    private static float[][] Column(IDataView view, string name) => view.GetColumn<float[]>(name).ToArray();

    [Fact]
    public void Each_layer_has_the_map_that_it_has_alone()
    {
        var estimator = Estimator(AtBoth);
        using var explainer = estimator.Fit(_data);
        Assert.Equal(["conv2", "tokens"], explainer.FurtherLayers);
        var view = explainer.Transform(_data);
        Assert.Equal([3, 16, 16], ((VectorDataViewType)view.Schema["Stack"].Type).Dimensions.ToArray());
        float[][][] maps = [Column(view, "Heatmap"), Column(view, "Later"), Column(view, "Tokens")];
        foreach (var (found, layer) in maps.Zip(["conv1", "conv2", "tokens"]))
        {
            using var alone = Estimator(options => options.Layer = layer).Fit(_data);
            Assert.Equal(Column(alone.Transform(_data), "Heatmap"), found);
        }

        float[][] sums = Column(view, "Sum"), stacks = Column(view, "Stack"), bits = [.. _ml.Read(view).Select(row => new[] { row.Bits })];
        for (int row = 0; row < sums.Length; row++)
        {
            Assert.Equal([.. maps[0][row], .. maps[1][row], .. maps[2][row]], stacks[row]);
            for (int i = 0; i < sums[row].Length; i++) Assert.Equal(maps[0][row][i] + maps[1][row][i] + maps[2][row][i], sums[row][i], 1e-6f);
            Assert.Equal(maps[0][row].Sum(), bits[row][0], 1e-3f);
        }

        using var file = new MemoryStream();
        _ml.Model.Save(explainer, null, file);
        using var loaded = IbaTransformer.Load(_ml, new MemoryStream(file.ToArray()));
        Assert.Equal(["conv2", "tokens"], loaded.FurtherLayers);
        Assert.Equal(stacks, Column(loaded.Transform(_data), "Stack"));
        string[] promised = estimator.GetOutputSchema(SchemaShape.Create(_data.Schema)).Select(column => column.Name).ToArray();
        Assert.All(["Later", "Tokens", "Sum", "Stack"], name => Assert.Contains(name, promised));
    }

    [Fact]
    public void Several_questions_are_asked_at_each()
    {
        using var explainer = Estimator(options =>
        {
            AtBoth(options);
            options.Target = ExplanationTarget.TopClasses(2);
        }).Fit(_data);
        var view = explainer.Transform(_data);
        Assert.Equal([3, 2, 16, 16], ((VectorDataViewType)view.Schema["Stack"].Type).Dimensions.ToArray());
        using var single = Estimator(options => (options.Layer, options.Target) = ("conv2", ExplanationTarget.TopClasses(2))).Fit(_data);
        Assert.Equal(Column(single.Transform(_data), "Heatmap"), Column(view, "Later"));
    }

    [Fact]
    public void Weights_that_changed_up_to_a_further_layer_are_refused()
    {
        using var explainer = Estimator(AtBoth).Fit(_data);
        _network.Train(1);
        Assert.Contains(
            "up to layer 'conv2' changed since the layer was measured",
            Assert.Throws<InvalidOperationException>(() => Column(explainer.Transform(_data), "Heatmap")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_meant_is_refused()
    {
        Refused("Layer 'conv1' is named twice", options => options.FurtherLayers = [("Later", "conv1")]);
        Refused("There is no layer 'conv9'", options => options.FurtherLayers = [("Later", "conv9")]);
        Refused("Two output columns are named 'Bits'", options => options.FurtherLayers = [("Bits", "conv2")]);
        Refused("There is one layer", options => options.LayerSumColumnName = "Sum");
        Refused("Layers have maps of different sizes", options => (options.FurtherLayers, options.MapSize) = ([("Later", "conv2")], MapSize.Layer));
        Assert.Contains("Data is measured in parts at one layer", Assert.ThrowsAny<ArgumentException>(() => Estimator(AtBoth).Measure(_data)).Message, StringComparison.Ordinal);

        void Refused(string message, Action<IbaEstimator.Options> change)
            => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => Estimator(change)).Message, StringComparison.Ordinal);
    }
}

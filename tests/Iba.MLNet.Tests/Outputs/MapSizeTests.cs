using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

public class MapSizeTests
{
    [Theory]
    [InlineData("conv1", 16)]
    [InlineData("conv2", 8)]
    [InlineData("tokens", 8)]
    public void A_map_of_the_layers_size_becomes_the_inputs_map_when_it_is_stretched(string layer, int side)
    {
        var ml = new MLContext(seed: 1);
        using var network = new ConvolutionalNetwork();
        var rows = ml.Data.LoadFromEnumerable(PixelRow.Make(6));
        using var small = ml.Transforms.Iba(Options(network, layer, MapSize.Layer)).Fit(rows);
        using var large = ml.Transforms.Iba(Options(network, layer, MapSize.Input)).Fit(rows);

        var view = small.Transform(rows);
        ExplainedRow[] atLayer = ml.Read(view), atInput = ml.Read(large.Transform(rows));

        Assert.Equal<int>([side, side], ((VectorDataViewType)view.Schema["Heatmap"].Type).Dimensions.ToArray());
        foreach (var (one, other) in atLayer.Zip(atInput))
        {
            Assert.Equal(side * side, one.Heatmap.Length);
            Assert.Equal(other.Bits, one.Bits, 1e-3f);
            using var scope = NewDisposeScope();
            float[] stretched = Heatmap.Resize(tensor(one.Heatmap).reshape(1, side, side), 16, 16).data<float>().ToArray();
            Assert.All(stretched.Zip(other.Heatmap), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }
    }

    [Fact]
    public void The_size_is_saved()
    {
        var ml = new MLContext(seed: 1);
        using var network = new ConvolutionalNetwork();
        var rows = ml.Data.LoadFromEnumerable(PixelRow.Make(3));
        using var fitted = ml.Transforms.Iba(Options(network, "conv2", MapSize.Layer)).Fit(rows);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, rows.Schema, file);

        using var loaded = IbaTransformer.Load(ml, file);

        Assert.Equal(ml.Read(fitted.Transform(rows)).Select(row => row.Heatmap), ml.Read(loaded.Transform(rows)).Select(row => row.Heatmap));
    }

    [Fact]
    public void Overlays_need_maps_of_the_inputs_size()
    {
        using var network = new ConvolutionalNetwork();
        var options = Options(network, "conv2", MapSize.Layer);
        options.OverlayColumnName = "Overlay";

        var refusal = Assert.Throws<ArgumentOutOfRangeException>(() => new MLContext().Transforms.Iba(options));

        Assert.Contains("leave MapSize at Input", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BadRowHandling.Throw)]
    [InlineData(BadRowHandling.Missing)]
    public void The_failure_column_says_why_and_which_row(BadRowHandling handling)
    {
        var ml = new MLContext(seed: 1);
        using var network = new ConvolutionalNetwork();
        var data = PixelRow.Make(4);
        using var fitted = ml.Transforms.Iba(Options(network, "conv2", MapSize.Input, handling)).Fit(ml.Data.LoadFromEnumerable(data));
        data[2].Pixels[7] = float.NaN;

        string[] failures = fitted.Transform(ml.Data.LoadFromEnumerable(data)).GetColumn<string>("Failure").ToArray();

        Assert.Equal(["", "", ""], failures.Where((_, row) => row != 2));
        Assert.StartsWith("Row 2: column 'Pixels' ", failures[2], StringComparison.Ordinal);
    }

    private static IbaEstimator.Options Options(ConvolutionalNetwork network, string layer, MapSize size, BadRowHandling handling = BadRowHandling.Throw) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = network,
        Layer = layer,
        Seed = 5,
        Steps = 4,
        NoiseCopies = 3,
        MapSize = size,
        BadRows = handling,
        TotalBitsColumnName = "Bits",
        FailureColumnName = "Failure",
    };
}

using System.Drawing;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary><c>mlContext.Model.EvaluateAttribution</c>: the numbers are those that the metrics give for each row alone.</summary>
public sealed class EvaluateAttributionTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(6);
    private readonly Occlusion _occlusion = new(5);
    private readonly Gradient _gradient = new();

    public void Dispose()
    {
        _occlusion.Dispose();
        _gradient.Dispose();
        _network.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Rows_have_the_numbers_of_the_metrics_and_the_means_their_intervals()
    {
        var data = _ml.Data.LoadFromEnumerable(_rows);
        using var explainer = _ml.Transforms.Attribution(Options(_occlusion)).Fit(data);
        var explained = explainer.Transform(data);
        float[][] maps = [.. explained.GetColumn<float[]>("Heatmap")];
        var found = _ml.Model.EvaluateAttribution(explainer, explained, new() { Tile = 4, Points = null });
        Assert.Equal(6, found.Rows.Count);
        for (int row = 0; row < 6; row++)
        {
            using var rows = new EvaluationRows(_network, [tensor(_rows[row].Pixels).view(1, 3, 16, 16)]);
            var map = tensor(maps[row]).view(1, 16, 16);
            var degradation = new DegradationTest(4).Measure(rows, map)[0];
            var curves = new InsertionDeletion().Measure(rows, map)[0];
            Assert.Equal(
                new AttributionRowMetrics(
                    row, null, rows.Targets[0], rows.Probabilities[0], degradation.End, degradation.Integral, degradation.IntegralUnnormalized,
                    curves.InsertionArea, curves.DeletionArea, null),
                found.Rows[row]);
        }

        Assert.Equal(Bootstrap.Mean(found.Rows.Select(row => row.InsertionArea)), found.InsertionArea);
        Assert.Equal(Bootstrap.Mean(found.Rows.Select(row => row.DegradationIntegral)), found.DegradationIntegral);
        double drop = found.Rows.Average(row => row.Probability - row.DegradedProbability);
        Assert.Equal(found.Rows.Average(row => row.DegradationIntegralUnnormalized) / drop, found.DegradationOverDataSet.Value, 1e-9);
        Assert.True(found.DeletionArea.HasInterval && found.DegradationOverDataSet.HasInterval);
        Assert.Equal((0, 0), (found.UnjudgedRows, found.TopShare.Rows));
        Assert.True(double.IsNaN(found.TopShare.Value));
    }

    [Fact]
    public void The_label_is_what_is_judged_where_it_was_explained_and_points_are_few()
    {
        var data = _ml.Data.LoadFromEnumerable(_rows);
        var options = Options(_occlusion);
        options.LabelColumnName = "Label";
        options.RowIdColumnName = "Name";
        using var explainer = _ml.Transforms.Attribution(options).Fit(data);
        var found = _ml.Model.EvaluateAttribution(explainer, explainer.Transform(data), new() { Tile = 2, Points = 5, MaximumRows = 3 });
        Assert.Equal([0L, 1L, 2L], found.Rows.Select(row => row.Target));
        Assert.Equal(["row 0", "row 1", "row 2"], found.Rows.Select(row => row.Name));
        using var rows = new EvaluationRows(
            _network,
            [tensor(_rows[1].Pixels).view(1, 3, 16, 16)],
            new AttributionRequest { Target = ExplanationTarget.Class(1) });
        var map = tensor(explainer.Transform(data).GetColumn<float[]>("Heatmap").ElementAt(1)).view(1, 16, 16);
        var degradation = new DegradationTest(2) { Counts = [16, 32, 48] }.Measure(rows, map)[0];
        Assert.Equal(degradation.IntegralUnnormalized, found.Rows[1].DegradationIntegralUnnormalized);
        Assert.Equal(new InsertionDeletion { PixelsPerStep = 64 }.Measure(rows, map)[0].InsertionArea, found.Rows[1].InsertionArea);
    }

    [Fact]
    public void Boxes_and_masks_are_found_in_pixels_of_the_map_and_paired_differences_say_which_is_better()
    {
        var boxed = _rows.Select((row, index) => new BoxedRow
        {
            Pixels = row.Pixels,
            Boxes = index switch { 0 => [2, 3, 5, 4, float.NaN, float.NaN, float.NaN, float.NaN], 3 => [float.NaN, float.NaN, float.NaN, float.NaN], 1 => [0, 0, 2, 2, 10, 10, 100, 100], _ => [] },
            Mask = index == 2 ? [.. Enumerable.Range(0, 256).Select(pixel => pixel < 40 ? 1f : 0.2f)] : [],
        }).ToArray();
        var data = _ml.Data.LoadFromEnumerable(boxed);
        using var occlusion = _ml.Transforms.Attribution(Options(_occlusion)).Fit(data);
        using var gradient = _ml.Transforms.Attribution(Options(_gradient)).Fit(data);
        var options = new AttributionEvaluationOptions { BoxesColumnName = "Boxes", MaskColumnName = "Mask", Tile = 4, Points = 4, PointingMargin = 2 };
        var found = _ml.Model.EvaluateAttribution(occlusion, occlusion.Transform(data), options);
        float[][] maps = [.. occlusion.Transform(data).GetColumn<float[]>("Heatmap")];
        Tensor[] masks =
        [
            Localization.BoxMask(16, 16, new Rectangle(2, 3, 5, 4)),
            Localization.BoxMask(16, 16, new Rectangle(0, 0, 2, 2), new Rectangle(10, 10, 6, 6)),
            arange(256).lt(40).view(1, 16, 16),
        ];
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(new Localization(margin: 2).Measure(tensor(maps[row]).view(1, 16, 16), masks[row])[0], found.Rows[row].Localization);
        }

        Assert.All(found.Rows.Skip(3), row => Assert.Null(row.Localization));
        Assert.Equal(3, found.TopShare.Rows);
        Assert.Equal((20 + 40 + 40) / 3.0 / 256, found.AreaShare.Value, 1e-12);

        var other = _ml.Model.EvaluateAttribution(gradient, gradient.Transform(data), options);
        var difference = found.DifferenceFrom(other, row => row.DegradationIntegralUnnormalized);
        Assert.Equal(found.Rows.Zip(other.Rows, (a, b) => a.DegradationIntegralUnnormalized - b.DegradationIntegralUnnormalized).Average(), difference.Value, 1e-12);
        Assert.Equal(3, found.DifferenceFrom(other, row => row.Localization?.Map.TopShare ?? double.NaN).Rows);
        options.MaximumRows = 2;
        var fewer = _ml.Model.EvaluateAttribution(gradient, gradient.Transform(data), options);
        Assert.Throws<ArgumentException>(() => found.DifferenceFrom(fewer, row => row.InsertionArea));
    }

    [Fact]
    public void Boxes_of_photographs_are_in_their_own_pixels()
    {
        byte[] pixels = [.. Enumerable.Range(0, 4 * 48 * 32).Select(value => (byte)((value * 7) % 251))];
        using var photograph = MLImage.CreateFromPixels(48, 32, MLPixelFormat.Rgba32, pixels);
        // Half as large and cropped to the middle: the map covers x from 8 to 40.
        var preprocessing = new ImagePreprocessing { ResizeShorterSide = 16, CropWidth = 16, CropHeight = 16 };
        var data = _ml.Data.LoadFromEnumerable([new PhotographRow { Photograph = photograph, Boxes = [0, 4, 20, 10] }, new PhotographRow { Photograph = photograph, Boxes = [0, 0, 8, 32] }]);
        using var explainer = _ml.Transforms.Attribution("Heatmap", "Photograph", _network, _occlusion, preprocessing: preprocessing).Fit(data);
        var explained = explainer.Transform(data);
        var found = _ml.Model.EvaluateAttribution(explainer, explained, new() { BoxesColumnName = "Boxes", Tile = 8, Points = 3 });
        var map = tensor(explained.GetColumn<float[]>("Heatmap").First()).view(1, 16, 16);
        Assert.Equal(new Localization().Measure(map, Localization.BoxMask(16, 16, new Rectangle(0, 2, 6, 5)))[0], found.Rows[0].Localization);
        // The crop took all of the second box.
        Assert.Null(found.Rows[1].Localization);
        Assert.Equal(1, found.TopShare.Rows);
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(17, true)]
    public void Tiles_that_are_larger_than_the_pictures_are_told(int tile, bool isTooLarge)
    {
        var data = _ml.Data.LoadFromEnumerable(_rows[..2]);
        using var explainer = _ml.Transforms.Attribution(Options(_occlusion)).Fit(data);
        var warnings = _ml.Listen("Warning");
        var found = _ml.Model.EvaluateAttribution(explainer, explainer.Transform(data), new() { Tile = tile, Points = 4 });
        Assert.Equal(
            isTooLarge ? ["Pictures of [16, 16] are smaller than the tiles of 17 x 17: there is no degradation test, and its numbers are NaN. Set Tile to less."] : [],
            warnings.Select(warning => warning[(warning.IndexOf("] ", StringComparison.Ordinal) + 2)..]));
        Assert.Equal([isTooLarge, isTooLarge], found.Rows.Select(row => double.IsNaN(row.DegradedProbability)));
        Assert.Equal(2, found.InsertionArea.Rows);
    }

    [Fact]
    public void Rows_without_a_map_are_counted_and_one_row_has_no_interval()
    {
        _rows[1].Pixels[17] = float.NaN;
        var data = _ml.Data.LoadFromEnumerable(_rows[..2]);
        var options = Options(_occlusion);
        options.BadRows = BadRowHandling.Missing;
        using var explainer = _ml.Transforms.Attribution(options).Fit(data);
        var found = _ml.Model.EvaluateAttribution(explainer, explainer.Transform(data), new() { Tile = 4, Points = 4 });
        Assert.Equal((1, false), (found.UnjudgedRows, found.Rows[1].IsJudged));
        Assert.Equal((1, false), (found.InsertionArea.Rows, found.InsertionArea.HasInterval));
        Assert.EndsWith("1 row: no interval", found.DegradationIntegral.ToString(), StringComparison.Ordinal);
        Assert.True(double.IsFinite(found.InsertionArea.Value));
    }

    [Fact]
    public void Tokens_are_replaced_by_an_id_within_each_rows_own_length()
    {
        var tokens = SequenceTests.TokenRow.Make(5);
        using var network = new TokenNetwork();
        var data = _ml.Data.LoadFromEnumerable(tokens);
        using var explainer = _ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Map",
            InputColumnName = "Ids",
            Network = network,
            Method = _gradient,
            Layer = "embeddings",
            ContextColumns = new Dictionary<string, string> { ["mask"] = "Mask" },
            MaskInputName = "mask",
        }).Fit(data);
        var explained = explainer.Transform(data);
        var found = _ml.Model.EvaluateAttribution(explainer, explained, new() { ReplacementId = 3, Points = null });
        float[][] maps = [.. explained.GetColumn<float[]>("Map")];
        for (int row = 0; row < 5; row++)
        {
            int length = tokens[row].Ids.Length;
            using var rows = new EvaluationRows(
                network,
                [tensor(tokens[row].Ids).view(1, length), ones(1, length, dtype: ScalarType.Int64)],
                new AttributionRequest { ChannelDimension = 0 });
            var curves = new TokenInsertionDeletion(3).Measure(rows, tensor(maps[row]).view(1, length))[0];
            Assert.Equal(length + 1, curves.Counts.Count);
            Assert.Equal((curves.InsertionArea, curves.DeletionArea), (found.Rows[row].InsertionArea, found.Rows[row].DeletionArea));
            // The last point is the row of nothing but that id, whatever the map says.
            var replaced = softmax(network.Forward([full([1, length], 3L), ones(1, length, dtype: ScalarType.Int64)]), 1);
            Assert.Equal(replaced[0, rows.Targets[0]].item<float>(), curves.Deletion[^1], 1e-6);
            Assert.Equal(curves.Deletion[^1], curves.Insertion[0], 1e-6);
        }

        Assert.Equal(0, found.DegradationIntegral.Rows);
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        var boxed = new BoxedRow { Pixels = _rows[0].Pixels, Boxes = [1, 2, 0, 4], Mask = [1, 1] };
        var data = _ml.Data.LoadFromEnumerable([boxed]);
        using var explainer = _ml.Transforms.Attribution(Options(_occlusion)).Fit(data);
        var explained = explainer.Transform(data);
        Refused("Row 0: column 'Boxes' holds [1, 2, 0, 4]; expected four numbers for a box", new() { BoxesColumnName = "Boxes" });
        Refused("Row 0: column 'Mask' has 2 values where the map has 256: resize and crop masks like the picture.", new() { MaskColumnName = "Mask" });
        boxed.Boxes = [1, 2, float.NaN, 4];
        Refused("Row 0: column 'Boxes' holds [1, 2, NaN, 4]; expected four numbers for a box", new() { BoxesColumnName = "Boxes" });
        boxed.Mask = [.. Enumerable.Repeat(1f, 255), float.NaN];
        Refused("Row 0: column 'Mask' holds NaN or infinity; expected 1 inside and 0 outside.", new() { MaskColumnName = "Mask" });
        Refused("ReplacementId is -1; allowed: at least 0, or null.", new() { ReplacementId = -1 });
        Refused("The view has no column 'None' of boxes", new() { BoxesColumnName = "None" });
        Refused("Column 'Short' is Single; expected a vector of Single.", new() { MapColumnName = "Short" });
        Refused("Tile is 0; allowed: at least 1.", new() { Tile = 0 });
        Refused("Points is 1; allowed: at least 2, or null.", new() { Points = 1 });
        var unexplained = Assert.ThrowsAny<Exception>(() => _ml.Model.EvaluateAttribution(explainer, data));
        Assert.Contains("The view has no column 'Heatmap' of maps; did the transformer explain this view?", unexplained.Message, StringComparison.Ordinal);

        void Refused(string message, AttributionEvaluationOptions options)
            => Assert.Contains(message, Assert.ThrowsAny<Exception>(() => _ml.Model.EvaluateAttribution(explainer, explained, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_that_the_network_takes_as_a_flat_row_is_judged_as_a_picture()
    {
        using var generator = new Generator(9);
        var weights = randn([5, 3, 3, 3], generator: generator);
        using var flat = FunctionNetwork.Create([768], x => nn.functional.conv2d(x.view(-1, 3, 16, 16), weights).relu(), [2, 3], channels: 5);
        using var square = FunctionNetwork.Create([3, 16, 16], x => nn.functional.conv2d(x, weights).relu(), [2, 3], channels: 5);
        var data = _ml.Data.LoadFromEnumerable(_rows[..3]);
        var options = Options(_gradient);
        (options.Network, options.Layer, options.InputShape) = (flat, "features", [3, 16, 16]);
        using var explainer = _ml.Transforms.Attribution(options).Fit(data);
        var explained = explainer.Transform(data);
        var found = _ml.Model.EvaluateAttribution(explainer, explained, new() { Tile = 4, Points = null });
        float[][] maps = [.. explained.GetColumn<float[]>("Heatmap")];
        for (int row = 0; row < 3; row++)
        {
            using var rows = new EvaluationRows(square, [tensor(_rows[row].Pixels).view(1, 3, 16, 16)]);
            var map = tensor(maps[row]).view(1, 16, 16);
            Assert.Equal(new DegradationTest(4).Measure(rows, map)[0].IntegralUnnormalized, found.Rows[row].DegradationIntegralUnnormalized, 1e-6);
            Assert.Equal(new InsertionDeletion().Measure(rows, map)[0].InsertionArea, found.Rows[row].InsertionArea, 1e-6);
        }
    }

    [Fact]
    public void Rows_of_tokens_have_no_objects_and_no_maps_of_another_size()
    {
        using var network = new TokenNetwork(hasMask: false);
        var data = _ml.Data.LoadFromEnumerable([new MappedTokens { Ids = [3, 5, 7, 9], Map = [1, 2] }, new MappedTokens { Ids = [4, 6], Map = [1, 2] }]);
        using var explainer = _ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = "Ids",
            Network = network,
            Method = _gradient,
            Layer = "embeddings",
        }).Fit(data);
        var explained = explainer.Transform(data);
        var size = Assert.ThrowsAny<InvalidOperationException>(() => _ml.Model.EvaluateAttribution(explainer, explained, new() { MapColumnName = "Map" }));
        Assert.StartsWith("Row 0: column 'Map' has 2 values where the input has [4]", size.Message, StringComparison.Ordinal);
        var boxes = Assert.ThrowsAny<ArgumentException>(() => _ml.Model.EvaluateAttribution(explainer, explained, new() { BoxesColumnName = "Map" }));
        Assert.Contains("Column 'Map' says where objects are in pictures [H, W], but rows of column 'Ids' are [-1] without channels: leave it out.", boxes.Message, StringComparison.Ordinal);
        Assert.Equal(2, _ml.Model.EvaluateAttribution(explainer, explained).InsertionArea.Rows);
    }

    private AttributionEstimator.Options Options(AttributionMethod method) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = _network,
        Method = method,
    };

    private sealed class BoxedRow
    {
        [VectorType(3, 16, 16)]
        public float[] Pixels { get; set; } = [];

        public float[] Boxes { get; set; } = [];

        public float[] Mask { get; set; } = [];

        public float Short { get; set; }
    }

    private sealed class MappedTokens
    {
        public long[] Ids { get; set; } = [];

        public float[] Map { get; set; } = [];
    }

    private sealed class PhotographRow
    {
        [ImageType(32, 48)]
        public MLImage? Photograph { get; set; }

        public float[] Boxes { get; set; } = [];
    }
}

using System.Drawing;
using System.Text.Json;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>The metrics on EfficientNet-Lite0 and photographs, held to the reference implementations (see Assets/SOURCES.md).</summary>
public sealed class MetricEfficientNetTests : IDisposable
{
    private const int Side = 224;

    private static readonly string[] Photographs = ["dog", "koala", "chickens"];
    private static readonly EvaluationCase Case = EvaluationCase.Read("lite0");

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    [Trait("Speed", "Slow")]
    public void Degradation_with_tiles_of_8_at_the_counts_that_the_reference_looked_at()
    {
        var expected = Case.Degradation.Single(found => (found.Map, found.Row, found.Tile[0]) == ("occlusion", 1, 8));
        using var rows = Rows(1, out var network);
        using (network)
        {
            var found = new DegradationTest(8) { Counts = expected.Counts }.Measure(rows, Map("occlusion", 1))[0];
            EvaluationCase.AssertClose(expected.Morf, found.MostRelevantFirst, 5e-4);
            EvaluationCase.AssertClose(expected.Lerf, found.LeastRelevantFirst, 5e-4);
            EvaluationCase.AssertClose(expected.Integral, found.Integral, 1e-3);
        }
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Degradation_with_tiles_of_14_at_every_eighth_count()
    {
        var expected = Case.Degradation.Single(found => (found.Map, found.Row, found.Tile[0]) == ("iba", 0, 14));
        using var rows = Rows(0, out var network);
        using (network)
        {
            var found = new DegradationTest(14) { Counts = [.. Enumerable.Range(0, 33).Select(point => 8 * point)] }.Measure(rows, Map("iba", 0))[0];
            EvaluationCase.AssertClose(found.Counts.Select(count => expected.Morf[count]), found.MostRelevantFirst, 5e-4);
            EvaluationCase.AssertClose(found.Counts.Select(count => expected.Lerf[count]), found.LeastRelevantFirst, 5e-4);
            // Fewer points make a slightly different trapezoid.
            EvaluationCase.AssertClose(expected.Integral, found.Integral, 1e-2);
        }
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Insertion_and_deletion_at_every_eighth_step()
    {
        var expected = Case.InsertionDeletion.Single(found => (found.Map, found.Row) == ("iba", 2));
        using var rows = Rows(2, out var network);
        using (network)
        {
            var found = new InsertionDeletion { DeleteTo = PixelFill.Zero, PixelsPerStep = 8 * Side }.Measure(rows, Map("iba", 2))[0];
            EvaluationCase.AssertClose(found.Counts.Select(count => expected.Insertion[count / Side]), found.Insertion, 1e-3);
            EvaluationCase.AssertClose(found.Counts.Select(count => expected.Deletion[count / Side]), found.Deletion, 1e-3);
            EvaluationCase.AssertClose(expected.InsertionAuc, found.InsertionArea, 1e-2);
            EvaluationCase.AssertClose(expected.DeletionAuc, found.DeletionArea, 1e-2);
        }
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Sensitivity_n()
    {
        using var rows = Rows(0, out var network);
        using (network)
        {
            var metric = new SensitivityN(tile: 14) { IndexSets = [.. Case.SensitivityN.Select(found => found.Sets)] };
            var found = metric.Measure(rows, Map("occlusion", 0))[0];
            EvaluationCase.AssertClose(Case.SensitivityN.Select(size => size.Maps["occlusion"].CorrelationPerImage[0]!.Value), found.Correlations, 1e-3);
            // The map is the loss of each single tile.
            Assert.Equal(1, found.Correlations[0], 1e-4);
        }
    }

    [Fact]
    public void Localisation()
    {
        Assert.Equal(12, Case.Localisation.Length);
        foreach (var expected in Case.Localisation)
        {
            var mask = expected.Boxes == "boxes.csv" ? Mask(Photographs[expected.Row]) : Boxes(expected.Boxes);
            Assert.Equal(expected.N, mask.sum().item<long>());
            var scores = new Localization(margin: 15).Measure(Map(expected.Map, expected.Row), mask)[0];
            MetricGoldenTests.AssertLocalisation(expected, scores.Map);
            // The reference's Gaussian is float32, where more pixels are equal.
            if (expected.Map == "gaussian") Assert.InRange(scores.CentredGaussian.ExpectedTopShare, expected.TopNInBoxTiesShared - 2e-4, expected.TopNInBoxTiesShared + 2e-4);
        }
    }

    [Fact]
    public void Comparison_of_maps()
    {
        Assert.Equal(9, Case.Comparison.Length);
        foreach (var expected in Case.Comparison)
        {
            var found = MapComparison.Measure(Map(expected.A, expected.Row), Map(expected.B, expected.Row))[0];
            MetricGoldenTests.AssertSimilarity(expected, found);
        }
    }

    private static EvaluationRows Rows(int row, out OnnxNetwork network)
    {
        network = OnnxNetwork.Load(Path.Combine(AppContext.BaseDirectory, "Assets", "efficientnet-lite0.onnx"));
        return new EvaluationRows(network, [Photograph(Photographs[row])]);
    }

    /// <summary>(byte - 127) / 128, <c>[1, 3, 224, 224]</c>.</summary>
    private static Tensor Photograph(string name)
    {
        var image = RgbImage.Load(Path.Combine(AppContext.BaseDirectory, "Assets", "photographs", name + ".png"));
        var pixels = tensor(image.Pixels.ToArray(), dtype: uint8).to(float32).view(1, image.Height, image.Width, 3);
        return ((pixels - 127) / 128).permute(0, 3, 1, 2).contiguous();
    }

    private static Tensor Map(string name, int row)
    {
        if (name == "occlusion")
        {
            var grid = ReferenceFile.Read("lite0/occlusion_14_zero.f32", 3, 16, 16)[row];
            return grid.repeat_interleave(14, 0).repeat_interleave(14, 1).unsqueeze(0);
        }

        if (name == "iba")
        {
            var map = empty([1, Side, Side], dtype: float32);
            map.bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Assets", "photographs", Photographs[row] + ".bin"));
            return map;
        }

        // About the centre, with a deviation of a quarter of the side.
        var squares = (arange(Side, dtype: float64) - ((Side - 1) / 2.0)).square();
        return (squares.unsqueeze(0) + squares.unsqueeze(1)).div(-2.0 * 56 * 56).exp().to(float32).unsqueeze(0);
    }

    private static Tensor Mask(string photograph)
    {
        var image = RgbImage.Load(ReferenceFile.PathOf($"lite0/mask_{photograph}.png"));
        return tensor(image.Pixels.ToArray(), dtype: uint8).view(1, image.Height, image.Width, 3).select(3, 0).gt(127);
    }

    private static Tensor Boxes(string name)
        => Localization.BoxMask(Side, Side, [.. Case.Boxes["dog"].GetProperty(name).Deserialize<int[][]>()!.Select(box => new Rectangle(box[0], box[1], box[2], box[3]))]);
}

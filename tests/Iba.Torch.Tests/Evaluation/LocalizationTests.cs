using System.Drawing;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class LocalizationTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_map_that_is_the_truth_scores_the_maximum()
    {
        var mask = Localization.BoxMask(20, 30, new Rectangle(3, 2, 7, 5), new Rectangle(8, 4, 6, 6));
        var scores = new Localization(margin: 0).Measure(mask.to(float32), mask)[0];
        Assert.Equal(new MapLocalization(1, 1, 1, 1, 1), scores.Map);
        Assert.Equal((35 + 36 - 6) / 600.0, scores.AreaShare, 1e-12);
        var opposite = new Localization(margin: 0).Measure(mask.logical_not().to(float32), mask)[0];
        Assert.Equal(new MapLocalization(0, 0, 0, 0, 0), opposite.Map);
    }

    [Fact]
    public void A_constant_map_is_expected_to_score_the_area()
    {
        var mask = Localization.BoxMask(10, 10, new Rectangle(5, 5, 4, 4));
        var map = new Localization(margin: 4).Measure(ones(1, 10, 10), mask)[0].Map;
        Assert.Equal(0.16, map.ExpectedTopShare, 1e-12);
        Assert.Equal(0.16, map.MassShare, 1e-12);
        // Its first pixel is its peak, five pixels from the box.
        Assert.Equal((0, 0, 0), (map.TopShare, map.Pointing, map.PointingWithMargin));
        Assert.Equal(1, new Localization(margin: 5).Measure(ones(1, 10, 10), mask)[0].Map.PointingWithMargin);
        Assert.Equal(1, new Localization(margin: int.MaxValue).Measure(ones(1, 10, 10), mask)[0].Map.PointingWithMargin);
    }

    [Fact]
    public void Negative_values_have_no_mass()
    {
        var mask = Localization.BoxMask(2, 2, new Rectangle(0, 0, 1, 1));
        var map = tensor(new float[] { 1, 3, -5, -1 }, [1, 2, 2]);
        Assert.Equal(0.25, new Localization().Measure(map, mask)[0].Map.MassShare, 1e-12);
        Assert.True(double.IsNaN(new Localization().Measure(-ones(1, 2, 2), mask)[0].Map.MassShare));
    }

    [Fact]
    public void The_centred_Gaussian_finds_what_is_in_the_middle_whatever_the_map()
    {
        var middle = Localization.BoxMask(40, 40, new Rectangle(15, 15, 10, 10));
        var corner = Localization.BoxMask(40, 40, new Rectangle(0, 0, 10, 10));
        var maps = zeros(2, 40, 40);
        var scores = new Localization(margin: 0).Measure(maps, cat([middle, corner], 0));
        Assert.InRange(scores[0].CentredGaussian.TopShare, 0.8, 1);
        Assert.Equal(1, scores[0].CentredGaussian.Pointing);
        Assert.Equal((0, 0), (scores[1].CentredGaussian.TopShare, scores[1].CentredGaussian.Pointing));
    }

    [Fact]
    public void A_row_without_object_and_a_map_with_NaN_are_NaN()
    {
        var mask = Localization.BoxMask(4, 4, new Rectangle(0, 0, 2, 2));
        var maps = Toy.Random([2, 4, 4]).abs();
        maps[1, 0, 0] = float.NaN;
        var scores = new Localization().Measure(maps, cat([zeros_like(mask), mask], 0));
        Assert.True(double.IsNaN(scores[0].Map.TopShare) && double.IsNaN(scores[0].CentredGaussian.TopShare));
        Assert.Equal(0, scores[0].AreaShare);
        Assert.True(double.IsNaN(scores[1].Map.Pointing));
        Assert.True(double.IsFinite(scores[1].CentredGaussian.TopShare));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var size = Assert.Throws<ArgumentException>(() => new Localization().Measure(zeros(1, 4, 4), zeros([1, 4, 5], ScalarType.Bool)));
        Assert.StartsWith("The masks are Bool [1, 4, 5]; the maps [1, 4, 4] need Bool [1, 4, 4]", size.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Localization().Measure(zeros(1, 4), zeros([1, 4], ScalarType.Bool)));
        Assert.Throws<ArgumentException>(() => Localization.BoxMask(4, 4));
        Assert.Throws<ArgumentException>(() => Localization.BoxMask(4, 4, new Rectangle(1, 1, 0, 2)));
        var outside = Assert.Throws<ArgumentException>(() => Localization.BoxMask(4, 4, new Rectangle(100, 1, 10, 2)));
        Assert.StartsWith("The box at (100, 1) of 10 x 2 has no pixel within the picture of 4 x 4", outside.Message, StringComparison.Ordinal);
        Assert.Equal(2, Localization.BoxMask(4, 4, new Rectangle(3, 1, 10, 2)).sum().item<long>());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Localization(margin: -1));
    }
}

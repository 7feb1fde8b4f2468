using CsCheck;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class MapComparisonTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_map_is_equal_to_itself_and_opposite_to_its_negative()
    {
        var maps = Toy.Random([2, 12, 15]);
        foreach (var found in MapComparison.Measure(maps, maps))
        {
            Assert.All(
                (double[])[found.Ssim, found.SsimGaussian, found.Spearman, found.AbsoluteSsim, found.AbsoluteSsimGaussian, found.AbsoluteSpearman],
                number => Assert.Equal(1, number, 1e-12));
        }

        foreach (var found in MapComparison.Measure(maps, -maps))
        {
            Assert.Equal(-1, found.Spearman, 1e-12);
            Assert.Equal((1, 1), (Math.Round(found.AbsoluteSsim, 12), Math.Round(found.AbsoluteSpearman, 12)));
        }
    }

    [Fact]
    public void Ranks_do_not_change_by_a_monotone_transform_and_SSIM_not_by_a_factor_and_order_does_not_matter()
        => Gen.Int[1, 100_000].Sample(
            seed =>
            {
                using var scope = NewDisposeScope();
                var first = Toy.Random([1, 11, 13], seed).to(float64);
                var second = Toy.Random([1, 11, 13], seed + 1).to(float64);
                Assert.Equal(1, MapComparison.Measure(first, (first * 0.5).exp() - 7)[0].Spearman, 1e-12);
                var found = MapComparison.Measure(first, second)[0];
                var swapped = MapComparison.Measure(second, first)[0];
                var scaled = MapComparison.Measure(first * 8, second * 0.25)[0];
                Assert.Equal(found.Ssim, swapped.Ssim, 1e-12);
                Assert.Equal(found.SsimGaussian, swapped.SsimGaussian, 1e-12);
                Assert.Equal(found.Spearman, swapped.Spearman, 1e-12);
                Assert.Equal(found.Ssim, scaled.Ssim, 1e-12);
                Assert.InRange(found.Spearman, -1, 1);
            },
            iter: 50, threads: 1);

    [Fact]
    public void Equal_values_share_their_rank()
    {
        // Ranks 1.5, 1.5, 3, 4 and 1, 2, 3.5, 3.5.
        double[] a = [2, 2, 5, 9], b = [0, 1, 7, 7];
        Assert.Equal(4 / 4.5, Correlation.Spearman(a, b), 1e-12);
    }

    [Fact]
    public void What_is_not_defined_is_NaN()
    {
        var map = Toy.Random([1, 9, 9]);
        var constant = MapComparison.Measure(map, ones(1, 9, 9))[0];
        Assert.True(double.IsNaN(constant.Spearman));
        Assert.True(double.IsFinite(constant.Ssim));
        Assert.True(double.IsNaN(constant.SsimGaussian)); // its window has 11 pixels
        Assert.True(double.IsNaN(MapComparison.Measure(map, zeros(1, 9, 9))[0].Ssim));
        Assert.True(double.IsNaN(MapComparison.Measure(map, full([1, 9, 9], float.NaN))[0].Spearman));
        Assert.Throws<ArgumentException>(() => MapComparison.Measure(map, ones(1, 9, 8)));
        Assert.Throws<ArgumentException>(() => MapComparison.Measure(ones(9, 9), ones(9, 9)));
    }
}

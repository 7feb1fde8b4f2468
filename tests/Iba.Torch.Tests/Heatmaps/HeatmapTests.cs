using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public class HeatmapTests
{
    private static readonly Gen<float> Bits = Gen.OneOf(Gen.Const(0f), Gen.Float[0, 1], Gen.Float[0, 1e-6f], Gen.Float[0, 1e4f]);

    /// <summary>Numbers this small have few digits left.</summary>
    private const double Denormal = 1e-38;

    [Fact]
    public void Resizing_a_plane_keeps_the_total_up_and_down_and_never_turns_negative() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[1, 70], Gen.Int[1, 70], Gen.Int)
            .SelectMany((n, h, w, toHeight, toWidth, _) => Bits.Array[n * h * w].Select(bits => (n, h, w, toHeight, toWidth, bits)))
            .Sample(
                x =>
                {
                    using var scope = NewDisposeScope();
                    var map = tensor(x.bits).reshape(x.n, x.h, x.w);
                    var resized = Heatmap.Resize(map, x.toHeight, x.toWidth);
                    Assert.Equal([x.n, x.toHeight, x.toWidth], resized.shape);
                    Assert.True(resized.min().item<float>() >= 0);
                    AssertSameTotals(map, resized);
                },
                iter: 200);

    [Fact]
    public void Stretching_a_row_keeps_the_total_up_and_down() =>
        Gen.Select(Bits.Array[1, 50], Gen.Int[1, 200]).Sample(
            (bits, length) =>
            {
                float[] stretched = Heatmap.Stretch(bits, length);
                Assert.Equal(length, stretched.Length);
                Assert.Equal(bits.Sum(x => (double)x), stretched.Sum(x => (double)x), (1e-6 * bits.Sum(x => (double)x)) + Denormal);
            },
            iter: 300);

    [Fact]
    public void A_constant_map_stays_constant_at_any_size() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[1, 70], Gen.Int[1, 70]).Sample(
            (h, w, toHeight, toWidth) =>
            {
                using var scope = NewDisposeScope();
                var resized = Heatmap.Resize(full(1, h, w, 3f), toHeight, toWidth);
                double expected = 3.0 * h * w / ((double)toHeight * toWidth);
                Assert.Equal(0, (resized - expected).abs().max().item<float>() / expected, 1e-6);
            },
            iter: 100);

    [Fact]
    public void The_size_it_has_is_left_alone()
    {
        using var scope = NewDisposeScope();
        var map = Toy.Random([2, 5, 7]).abs();
        Assert.True(Heatmap.Resize(map, 5, 7).equal(map).all().item<bool>());
    }

    [Fact]
    public void Growing_by_a_whole_factor_is_half_pixel_bilinear()
    {
        Assert.Equal([0.5f, 0.75f, 1.25f, 1.5f], Heatmap.Stretch([1, 3], 4));

        using var scope = NewDisposeScope();
        var map = Toy.Random([1, 4, 6]).abs();
        var bilinear = nn.functional.interpolate(map.unsqueeze(1), [12, 24], mode: InterpolationMode.Bilinear, align_corners: false)[0] / 12;
        Assert.Equal(0, (Heatmap.Resize(map, 12, 24) - bilinear).abs().max().item<float>(), 1e-7);
    }

    [Fact]
    public void A_ramp_grows_between_the_centres_of_its_positions_and_holds_beyond_them()
    {
        // Position i of 5 lies at (i + 1/2) * 2/5 - 1/2 between the two old ones: -0.3, 0.1, 0.5, 0.9, 1.3.
        AssertClose([0, 0.04, 0.2, 0.36, 0.4], Heatmap.Stretch([0, 1], 5));
        // (i + 1/2) * 3/4 - 1/2: -0.125, 0.625, 1.375, 2.125. The ends hold 0 and 2.
        AssertClose([0, 0.46875, 1.03125, 1.5], Heatmap.Stretch([0, 1, 2], 4));
    }

    [Fact]
    public void A_peak_that_grows_by_a_broken_factor_keeps_its_total()
    {
        // At those four positions the peak has 0, 0.625, 0.625, 0, times 3/4: 0.9375 together, brought back to 1.
        AssertClose([0, 0.5, 0.5, 0], Heatmap.Stretch([0, 1, 0], 4));
        // At the end 1, 0.375, 0, 0, times 3/4: 1.03125 together, brought back to 1.
        AssertClose([8 / 11.0, 3 / 11.0, 0, 0], Heatmap.Stretch([1, 0, 0], 4));
    }

    [Fact]
    public void Each_dimension_grows_by_its_own_factor()
    {
        using var scope = NewDisposeScope();
        var map = tensor(new float[,] { { 0, 1, 2 }, { 0, 3, 6 } }).unsqueeze(0);
        // Rows lie at 0, 1/2 and 1 (a ramp of 1, 2, 3 times 2/3), columns at the places of the ramp above.
        double[] ramp = [0, 0.46875, 1.03125, 1.5];
        AssertClose([.. new[] { 1.0, 2.0, 3.0 }.SelectMany(row => ramp.Select(value => row * value * 2 / 3))], Heatmap.Resize(map, 3, 4).data<float>().ToArray());
    }

    [Fact]
    public void Shrinking_by_a_broken_factor_divides_the_positions_on_a_border()
    {
        // Borders at 0, 5/3, 10/3, 5.
        AssertClose([1 + (4 / 3.0), (2 / 3.0) + 4 + (8 / 3.0), (16 / 3.0) + 16], Heatmap.Stretch([1, 2, 4, 8, 16], 3));
        // Borders at 0, 4/3, 8/3, 4.
        AssertClose([1 + (10 / 3.0), (20 / 3.0) + (200 / 3.0), (100 / 3.0) + 1000], Heatmap.Stretch([1, 10, 100, 1000], 3));
    }

    [Fact]
    public void Shrinking_sums_what_a_position_covers()
    {
        Assert.Equal([3, 7], Heatmap.Stretch([1, 2, 3, 4], 2));
        Assert.Equal([2, 4], Heatmap.Stretch([1, 2, 3], 2));
    }

    [Fact]
    public void Capacity_becomes_bits_per_pixel()
    {
        using var scope = NewDisposeScope();
        var capacity = full(2, 3, 4, 4, (float)Math.Log(2));
        var map = Heatmap.FromCapacity(capacity, 1, 8, 8);
        Assert.Equal([2, 8, 8], map.shape);
        Assert.Equal(0, (map - 0.75).abs().max().item<float>(), 1e-6);
        Assert.Equal(ScalarType.Float32, map.dtype);
    }

    [Fact]
    public void Tokens_lie_before_their_channels()
    {
        using var scope = NewDisposeScope();
        var capacity = tensor(new float[,,] { { { 1, 1 }, { 2, 2 }, { 0, 3 } } }) * Math.Log(2);
        Assert.Equal([2, 4, 3], Heatmap.FromCapacity(capacity, 2, 3).data<float>());
        Assert.Equal([2, 4, 3], Heatmap.FromCapacity(capacity, 2).data<float>());
    }

    [Fact]
    public void Features_without_positions_spread_their_bits_evenly()
    {
        using var scope = NewDisposeScope();
        var capacity = ones(2, 12) * Math.Log(2);
        var map = Heatmap.FromCapacity(capacity, 1, 2, 3);
        Assert.Equal(0, (map - 2).abs().max().item<float>(), 1e-6);
        Assert.Equal([12, 12], Heatmap.FromCapacity(capacity, 1).data<float>());
    }

    [Fact]
    public void A_row_with_NaN_does_not_touch_its_neighbours()
    {
        using var scope = NewDisposeScope();
        var map = Toy.Random([2, 3, 3]).abs();
        map[1, 0, 0] = float.NaN;
        var resized = Heatmap.Resize(map, 7, 7);
        Assert.True(resized[0].isfinite().all().item<bool>());
        Assert.True(resized[1].isnan().any().item<bool>());
    }

    [Fact]
    public void A_size_that_does_not_fit_says_so()
    {
        using var scope = NewDisposeScope();
        string message = Assert.Throws<ArgumentException>(() => Heatmap.FromCapacity(ones(1, 3, 4), 1, 8, 8)).Message;
        Assert.Contains("[1, 4] has 1 spatial dimensions, but the size [8, 8] has 2", message);
        Assert.Contains("positive", Assert.Throws<ArgumentException>(() => Heatmap.Resize(ones(1, 4), 0)).Message);
        Assert.Contains("dimensions 1 to 2", Assert.Throws<ArgumentOutOfRangeException>(() => Heatmap.FromCapacity(ones(1, 3, 4), 3, 8)).Message);
    }

    [Fact]
    public void No_tensor_outlives_the_call()
    {
        using var capacity = Toy.Random([2, 3, 4, 4]).abs_();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Heatmap.FromCapacity(capacity, 1, 9, 3).Dispose();
        Heatmap.Stretch([1, 2, 3], 7);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("odd")]
    [InlineData("sigma2")]
    public void The_interior_of_a_recorded_capacity_is_the_references(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load(name);
        var expected = golden.Array("saliency_bits_per_pixel_final");
        var capacity = golden.Array("capacity_nats_final").unsqueeze(0);
        var map = Heatmap.FromCapacity(capacity, 1, expected.shape);
        var interior = TensorIndex.Slice(1, -1);
        float difference = (map[0] - expected)[interior, interior].abs().max().item<float>();
        Assert.True(difference <= 3e-6 * expected.max().item<float>(), $"{difference}");
        Assert.Equal(capacity.sum().item<float>() / Math.Log(2), map.sum().item<float>(), 1e-5 * map.sum().item<float>());
    }

    private static void AssertClose(double[] expected, float[] actual)
        => Assert.Equal(expected, actual.Select(value => (double)value), (x, y) => Math.Abs(x - y) <= 1e-6 * Math.Max(1, Math.Abs(x)));

    private static void AssertSameTotals(Tensor map, Tensor resized)
    {
        var expected = map.to_type(ScalarType.Float64).flatten(1).sum(1);
        var difference = (resized.to_type(ScalarType.Float64).flatten(1).sum(1) - expected).abs();
        Assert.True((difference <= (expected * 1e-6) + Denormal).all().item<bool>(), $"{difference} of {expected}");
    }
}

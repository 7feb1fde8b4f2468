using CsCheck;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class DegradationTestTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly LinearRows _linear = new();

    public void Dispose()
    {
        _linear.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void No_map_beats_the_truth()
    {
        var test = new DegradationTest(2);
        double[] best = [.. test.Measure(_linear.Rows, _linear.Truth).Select(row => row.IntegralUnnormalized)];
        Gen.Int[1, 100_000].Sample(
            seed =>
            {
                var found = test.Measure(_linear.Rows, Toy.Random([3, 6, 6], seed));
                Assert.All(found.Zip(best), pair => Assert.InRange(pair.First.IntegralUnnormalized, -1, pair.Second + 1e-6));
            },
            iter: 30, threads: 1);
    }

    [Fact]
    public void The_reversed_map_has_the_negative_integral()
    {
        var found = new DegradationTest(2).Measure(_linear.Rows, _linear.Truth);
        var reversed = new DegradationTest(2).Measure(_linear.Rows, -_linear.Truth);
        Assert.All(found.Zip(reversed), pair => Assert.Equal(-pair.First.IntegralUnnormalized, pair.Second.IntegralUnnormalized, 1e-6));
        Assert.All(found, row => Assert.True(row.IntegralUnnormalized > 0.05));
    }

    [Fact]
    public void A_constant_map_gets_0_and_the_ends_do_not_depend_on_the_map()
    {
        var found = new DegradationTest(3).Measure(_linear.Rows, ones(3, 6, 6));
        var other = new DegradationTest(2).Measure(_linear.Rows, _linear.Truth);
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(0, found[row].IntegralUnnormalized, 1e-6);
            Assert.Equal(found[row].Start, other[row].Start, 1e-6);
            Assert.Equal(found[row].End, other[row].End, 1e-6);
            Assert.Equal(_linear.Rows.Probabilities[row], found[row].Start, 1e-6);
            Assert.Equal(found[row].End, other[row].LeastRelevantFirst[^1], 1e-6);
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_in_every_batch()
    {
        var together = new DegradationTest(2).Measure(_linear.Rows, _linear.Truth);
        for (int row = 0; row < 3; row++)
        {
            using var alone = _linear.Ask(_linear.Inputs[row..(row + 1)]);
            var found = new DegradationTest(2).Measure(alone, _linear.Truth[row..(row + 1)])[0];
            Assert.Equal(together[row].MostRelevantFirst, found.MostRelevantFirst);
            Assert.Equal(together[row].LeastRelevantFirst, found.LeastRelevantFirst);
        }
    }

    [Fact]
    public void Tiles_at_the_end_take_the_rest()
    {
        var found = new DegradationTest(4, 5).Measure(_linear.Rows, _linear.Truth)[0];
        Assert.Equal([0, 1], found.Counts);
        Assert.Equal([0, 1, 2, 3], new DegradationTest(2, 6).Measure(_linear.Rows, _linear.Truth)[0].Counts);
        Assert.Equal([0, 4, 9], new DegradationTest(2) { Counts = [4] }.Measure(_linear.Rows, _linear.Truth)[0].Counts);
    }

    [Fact]
    public void A_map_with_NaN_is_NaN_and_does_not_disturb_the_others()
    {
        var maps = _linear.Truth;
        maps[1, 2, 3] = float.NaN;
        var found = new DegradationTest(2).Measure(_linear.Rows, maps);
        Assert.True(double.IsNaN(found[1].Integral) && double.IsNaN(found[1].Start));
        Assert.False(found[1].CanNormalize);
        Assert.All([found[0], found[2]], row => Assert.True(double.IsFinite(row.IntegralUnnormalized)));
        var mean = DegradationCurves.Mean(found);
        Assert.Equal((found[0].IntegralUnnormalized + found[2].IntegralUnnormalized) / 2, mean.IntegralUnnormalized, 1e-12);
    }

    [Fact]
    public void The_mean_is_normalised_by_the_data_sets_ends_and_what_hardly_falls_is_not_divided()
    {
        var first = new DegradationCurves([0, 1, 2], [0.9, 0.2, 0.1], [0.9, 0.8, 0.1]);
        var second = new DegradationCurves([0, 1, 2], [0.5, 0.4, 0.499], [0.5, 0.45, 0.499]);
        Assert.Equal(0.3, first.IntegralUnnormalized, 1e-12);
        Assert.Equal(0.3 / 0.8, first.Integral, 1e-12);
        Assert.False(second.CanNormalize);
        Assert.True(double.IsNaN(second.Integral));
        var mean = DegradationCurves.Mean([first, second]);
        Assert.Equal((0.3 + 0.025) / 2 / (0.7 - 0.2995), mean.Integral, 1e-12);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var size = Assert.Throws<ArgumentException>(() => new DegradationTest(2).Measure(_linear.Rows, zeros(3, 5, 6)));
        Assert.StartsWith("The maps are [3, 5, 6]; expected [3, 6, 6]", size.Message, StringComparison.Ordinal);
        var tile = Assert.Throws<ArgumentException>(() => new DegradationTest(7).Measure(_linear.Rows, zeros(3, 6, 6)));
        Assert.StartsWith("A tile of 7 x 7 is larger than the input, [6, 6]", tile.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DegradationTest(0));
        Assert.Throws<ArgumentException>(() => new DegradationTest(2) { Counts = [10] }.Measure(_linear.Rows, zeros(3, 6, 6)));
        Assert.Throws<ArgumentException>(() => DegradationCurves.Mean([]));
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => new DegradationTest(2).Measure(_linear.Rows, zeros(3, 6, 6), cancellation.Token));
    }
}

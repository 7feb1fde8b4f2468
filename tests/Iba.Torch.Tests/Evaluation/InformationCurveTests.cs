using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public class InformationCurveTests
{
    [Fact]
    public void A_larger_beta_passes_fewer_bits_and_leaves_less_of_the_probability()
    {
        using var scope = NewDisposeScope();
        var network = Toy.Dense([3, 4, 4]);
        using var statistics = Toy.Statistics([3, 4, 4]);
        var features = Toy.Random([3, 3, 4, 4], seed: 3);
        features[2, 0, 0, 0] = float.NaN;
        var curves = new InformationCurve([0.001, 1, 1000]) { Options = new() { Steps = 30 } }.Measure(network, [features], statistics);
        Assert.Equal(3, curves.Count);
        Assert.All(curves, curve => Assert.Equal([0.001, 1, 1000], curve.Select(point => point.Beta)));
        foreach (var curve in curves.Take(2))
        {
            Assert.True(curve[0].Bits > curve[1].Bits && curve[1].Bits > curve[2].Bits);
            Assert.InRange(curve[2].Bits, 0, 0.2 * curve[0].Bits);
            Assert.True(curve[0].Probability > curve[2].Probability);
            Assert.All(curve, point => Assert.Equal(curve[0].ProbabilityBefore, point.ProbabilityBefore));
        }

        using var bottleneck = new PerSampleBottleneck(network, statistics, new() { Steps = 30, Beta = 1 });
        using var expected = bottleneck.Explain(network.Head([features]));
        Assert.Equal(expected.Capacity[0].sum().item<float>() / Math.Log(2), curves[0][1].Bits, 1e-3);
        Assert.All(curves[2], point => Assert.True(double.IsNaN(point.Bits)));
    }

    [Fact]
    public void The_knee_is_where_bits_begin_to_buy_little()
    {
        InformationPoint[] curve = [Point(1000, 0, 0.1), Point(100, 10, 0.8), Point(10, 50, 0.88), Point(1, 100, 0.9)];
        Assert.Equal(100, InformationCurve.Knee(curve)!.Beta);
        Assert.Equal(100, InformationCurve.Knee([.. curve.Reverse(), Point(5, double.NaN, 1)])!.Beta);
        Assert.Null(InformationCurve.Knee(curve[..2]));
        // A straight line, one below it, and one without a range.
        Assert.Null(InformationCurve.Knee([Point(3, 0, 0), Point(2, 1, 0.5), Point(1, 2, 1)]));
        Assert.Null(InformationCurve.Knee([Point(3, 0, 0), Point(2, 1, 0.2), Point(1, 2, 1)]));
        Assert.Null(InformationCurve.Knee([Point(3, 1, 0), Point(2, 1, 0.2), Point(1, 1, 1)]));
    }

    [Fact]
    public void The_mean_curve_leaves_rows_out_that_could_not_be_explained()
    {
        InformationPoint[] first = [Point(10, 2, 0.5), Point(1, 8, 0.75)], second = [Point(10, 4, 0.25), Point(1, 16, 1)];
        InformationPoint[] failed = [Point(10, double.NaN, double.NaN), Point(1, double.NaN, double.NaN)];
        Assert.Equal([Point(10, 3, 0.375), Point(1, 12, 0.875)], InformationCurve.Mean([first, failed, second]));
        Assert.All(InformationCurve.Mean([failed]), point => Assert.True(double.IsNaN(point.Bits)));
        Assert.Throws<ArgumentException>(() => InformationCurve.Mean([]));
        Assert.Throws<ArgumentException>(() => InformationCurve.Mean([first, second[..1]]));
    }

    private static InformationPoint Point(double beta, double bits, double probability) => new(beta, bits, probability, 1);

    [Fact]
    public void Betas_are_needed_and_within_their_range()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([3, 4, 4]);
        Assert.Throws<ArgumentException>(() => new InformationCurve([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InformationCurve([-1]).Measure(Toy.Dense([3, 4, 4]), [Toy.Random([1, 3, 4, 4])], statistics));
    }
}

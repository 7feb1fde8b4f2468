using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Methods at the input, of networks of which their maps can be written down.</summary>
public sealed class InputMethodTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    private static AttributionRequest Request(int channels) => new() { ChannelDimension = channels, Target = ExplanationTarget.Class(2) };

    private static Tensor SumOverChannels(Tensor values, int channels) => channels == 0 ? values : values.sum([(long)channels]);

    public static TheoryData<long[], int> Layouts => BaselineTests.Layouts;

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Gradient_times_input_of_a_linear_network_is_what_each_place_adds(long[] row, int channels)
    {
        var linear = new Linear(row);
        using var method = new GradientTimesInput();
        using var result = linear.Explain(method, Request(channels));
        Toy.AssertClose(SumOverChannels(linear.Weights[2] * linear.Features, channels), result.Map);
        Toy.AssertClose((linear.Weights[2] * linear.Features).flatten(1).sum([1L]), result.Map.flatten(1).sum([1L]), 1e-4);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Integrated_gradients_of_a_linear_network_are_what_each_place_adds_to_the_baseline(long[] row, int channels)
    {
        var linear = new Linear(row);
        long[] positions = Shapes.PositionDimensions(row.Length + 1, channels).Select(dimension => (long)dimension).ToArray();
        var colour = Toy.Random([.. row.Select((size, i) => i + 1 == channels ? size : 1)], seed: 5);
        foreach (var (baseline, x0) in new (InputBaseline, Tensor)[]
        {
            (InputBaseline.Zero, zeros(1)), (InputBaseline.ChannelMean, linear.Features.mean(positions, keepdim: true)), (InputBaseline.Of(colour), colour),
        })
        {
            using var method = new IntegratedGradients(baseline, steps: 13);
            using var result = (IntegratedGradientsResult)linear.Explain(method, Request(channels));
            var parts = linear.Weights[2] * (linear.Features - x0);
            Toy.AssertClose(SumOverChannels(parts, channels), result.Map);
            Toy.AssertClose(parts.flatten(1).sum([1L]), result.ScoreDifference, 1e-4);
            Assert.True(result.CompletenessError.abs().max().item<float>() < 1e-4);
        }
    }

    // Along the way the gradient grows evenly, so that half-way points miss nothing.
    [Fact]
    public void Integrated_gradients_of_squares_are_complete()
    {
        var linear = new Linear([3, 5]);
        var network = new ToyNetwork(features => linear.Network.Tail(features.square(), null!));
        using var method = new IntegratedGradients(InputBaseline.ChannelMean, steps: 7);
        using var result = (IntegratedGradientsResult)Linear.Explain(method, network, linear.Features, Request(1));
        var x0 = linear.Features.mean([2], keepdim: true);
        Toy.AssertClose((linear.Weights[2] * (linear.Features.square() - x0.square())).sum([1L]), result.Map, 1e-4);
        Assert.True(result.CompletenessError.abs().max().item<float>() < 1e-4);
    }

    [Fact]
    public void Padding_stays_as_it_is_on_the_way_from_the_baseline()
    {
        var linear = new Linear([3, 5]);
        var exists = ones(3, 5, dtype: ScalarType.Bool);
        exists[1, 3..] = false;
        using var method = new IntegratedGradients(InputBaseline.Of(ones(3, 1)));
        using var result = (IntegratedGradientsResult)linear.Explain(method, new() { Mask = exists, Target = ExplanationTarget.Class(2) });
        var expected = (linear.Weights[2] * (linear.Features - 1)).sum([1L]).where(exists, zeros(1));
        Toy.AssertClose(expected, result.Map);
        Toy.AssertClose(expected.sum([1L]), result.ScoreDifference, 1e-4);
    }

    [Fact]
    public void A_baseline_of_another_shape_or_of_no_numbers_is_refused()
    {
        var linear = new Linear([3, 5]);
        using var method = new IntegratedGradients(InputBaseline.Of(zeros(4, 1)));
        var failure = Assert.Throws<ArgumentException>(() => linear.Explain(method));
        Assert.Contains("The baseline is [4, 1], but a row of features at 'toy' is [3, 5]", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Int64 [1]", Assert.Throws<ArgumentException>(() => InputBaseline.Of(zeros(1, dtype: ScalarType.Int64))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => InputBaseline.Of(full([2], double.NaN)));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Noise_does_not_change_the_gradient_of_a_linear_network(long[] row, int channels)
    {
        var linear = new Linear(row);
        using var gradient = new Gradient();
        using var smooth = new SmoothGrad(samples: 12);
        using var expected = linear.Explain(gradient, Request(channels));
        using var result = linear.Explain(smooth, Request(channels));
        Toy.AssertClose(expected.Map, result.Map);
    }

    // The gradient of squares is 2 w (x + s n): noise in proportion to the row's range keeps it so.
    [Fact]
    public void The_noise_is_in_proportion_to_the_rows_range()
    {
        var linear = new Linear([3, 5]);
        var network = new ToyNetwork(features => linear.Network.Tail(features.square(), null!));
        using var method = new SmoothGrad(samples: 3, noiseLevel: 0.5);
        using var plain = new Gradient();
        using var once = Linear.Explain(method, network, linear.Features, Request(1));
        using var twice = Linear.Explain(method, network, linear.Features * 2, Request(1));
        using var without = Linear.Explain(plain, network, linear.Features, Request(1));
        Assert.Equal(once.Map * 2, twice.Map);
        Assert.False(once.Map.allclose(without.Map, rtol: 1e-2));
    }

    [Fact]
    public void A_rows_map_is_the_same_alone_and_in_every_pass()
    {
        var dense = Toy.Dense([3, 4, 4]);
        var features = Toy.Random([4, 3, 4, 4]);
        foreach (var method in new AttributionMethod[] { new SmoothGrad(samples: 11, seed: 3), new Rise(masks: 30, seed: 3), new RandomMap(3) })
        {
            using (method)
            {
                using var together = Linear.Explain(method, dense, features);
                using var again = Linear.Explain(method, dense, features.flip(0));
                Toy.AssertClose(together.Map, again.Map.flip(0));
                for (int row = 0; row < 4; row++)
                {
                    using var alone = Linear.Explain(method, dense, features[row..(row + 1)]);
                    Toy.AssertClose(together.Map[row], alone.Map[0]);
                }
            }
        }
    }

    [Fact]
    public void Seeds_differ()
    {
        var dense = Toy.Dense([3, 4, 4]);
        var features = Toy.Random([1, 3, 4, 4]);
        foreach (var make in new Func<long, AttributionMethod>[] { seed => new SmoothGrad(samples: 3, seed: seed), seed => new Rise(masks: 9, seed: seed), seed => new RandomMap(seed) })
        {
            using var first = make(1);
            using var second = make(2);
            using var one = Linear.Explain(first, dense, features);
            using var other = Linear.Explain(second, dense, features);
            Assert.False(one.Map.allclose(other.Map, rtol: 1e-3));
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void LayerCam_sums_the_channels_that_speak_for_the_target(long[] row, int channels)
    {
        var linear = new Linear(row);
        using var signed = new LayerCam(keepNegative: true);
        using var rectified = new LayerCam();
        using var map = linear.Explain(signed, Request(channels));
        using var positive = linear.Explain(rectified, Request(channels));
        var expected = SumOverChannels(linear.Weights[2].relu() * linear.Features, channels);
        Toy.AssertClose(expected, map.Map);
        Toy.AssertClose(expected.relu(), positive.Map);
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Gradient, Grad-CAM and occlusion of linear networks, where each can be written down.</summary>
public sealed class BaselineTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    // Row shape, and the dimension of its channels in a batch.
    public static TheoryData<long[], int> Layouts => new()
    {
        { [3, 5, 7], 1 }, // [N, C, H, W]
        { [5, 3, 7], 2 }, // [N, H, C, W]: not usual, and allowed
        { [5, 7, 3], 3 }, // [N, H, W, C]
        { [3, 7], 1 }, // [N, C, L]
        { [7, 3], 2 }, // [N, T, D]
        { [5, 7], 0 }, // [N, H, W]
        { [7], 0 }, // [N, L]
    };

    private static AttributionRequest Request(int channels) => new() { ChannelDimension = channels, Target = ExplanationTarget.Class(2) };

    /// <summary>Channels in dimension 1, of which there is one where there are none.</summary>
    private static Tensor ChannelsFirst(Tensor values, int channels) => channels == 0 ? values.unsqueeze(1) : values.movedim([channels], [1]);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void The_gradient_is_the_largest_absolute_weight_of_the_channels(long[] row, int channels)
    {
        var linear = new Linear(row);
        using var method = new Gradient();
        using var result = linear.Explain(method, Request(channels));
        var expected = ChannelsFirst(linear.Weights[2].unsqueeze(0), channels).abs().amax([1]);
        Assert.Equal(expected.expand([3, .. expected.shape[1..]]), result.Map);
        Assert.Equal([2, 2, 2], result.Targets.data<long>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void GradCam_weighs_the_channels_by_their_mean_weight(long[] row, int channels)
    {
        var linear = new Linear(row);
        var weights = ChannelsFirst(linear.Weights[2].unsqueeze(0), channels);
        var means = weights.flatten(2).mean([2]);
        var features = ChannelsFirst(linear.Features, channels);
        var expected = zeros([3, .. features.shape[2..]]);
        for (int channel = 0; channel < features.shape[1]; channel++) expected += features.select(1, channel) * means[0, channel];
        using var signed = new GradCam(keepNegative: true);
        using var rectified = new GradCam();
        using var map = linear.Explain(signed, Request(channels));
        using var positive = linear.Explain(rectified, Request(channels));
        Toy.AssertClose(expected, map.Map);
        Toy.AssertClose(expected.relu(), positive.Map);
        Assert.True(map.Map.lt(0).any().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Occlusion_is_what_the_windows_values_add_over_the_channels_means(long[] row, int channels)
    {
        const int Window = 3;
        var linear = new Linear(row);
        var features = ChannelsFirst(linear.Features, channels);
        var gains = (features - features.flatten(2).mean([2]).view([3, -1, .. Enumerable.Repeat(1L, row.Length - (channels == 0 ? 0 : 1))]))
            * ChannelsFirst(linear.Weights[2].unsqueeze(0), channels);
        var gain = gains.sum(1);
        using var method = new Occlusion(Window);
        using var result = linear.Explain(method, Request(channels));
        long height = gain.dim() == 3 ? gain.shape[1] : 1, width = gain.shape[^1];
        var (map, ofPositions) = (result.Map.reshape(3, height, width), gain.reshape(3, height, width));
        Assert.Equal(gain.shape, result.Map.shape);
        for (long top = 0; top < height; top += Window)
        {
            for (long left = 0; left < width; left += Window)
            {
                var expected = Within(ofPositions).sum([1L, 2L], keepdim: true);
                Assert.True(Within(map).allclose(expected.expand(Within(map).shape), rtol: 1e-4, atol: 1e-4));

                Tensor Within(Tensor tensor) => tensor.narrow(1, top, Math.Min(Window, height - top)).narrow(2, left, Math.Min(Window, width - left));
            }
        }
    }

    [Fact]
    public void Features_without_positions_get_one_value()
    {
        var linear = new Linear([6]);
        var request = Request(channels: 1);
        using var gradient = new Gradient();
        using var cam = new GradCam(keepNegative: true);
        using var slope = linear.Explain(gradient, request);
        using var map = linear.Explain(cam, request);
        Assert.Equal([3], slope.Map.shape);
        Assert.Equal(linear.Weights[2].abs().max().expand(3), slope.Map);
        Toy.AssertClose(linear.Features.matmul(linear.Weights[2]), map.Map);
        Toy.AssertClose(map.Map.view(3, 1, 1).expand(3, 4, 5), map.ToMap(4, 5));

        // Everything would be replaced by itself: a map of zeros would be no finding.
        using var occlusion = new Occlusion();
        var failure = Assert.Throws<ArgumentException>(() => linear.Explain(occlusion, request));
        Assert.Contains("have no positions to occlude", failure.Message, StringComparison.Ordinal);
    }

    // A leading token of a 2 x 2 grid over an input of 4 x 4.
    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void Tokens_become_the_grid_that_they_stand_for(int channels)
    {
        var linear = new Linear(channels == 2 ? [5, 3] : [3, 5]);
        using var method = new Gradient();
        using var result = linear.Explain(method, new() { ChannelDimension = channels, Target = ExplanationTarget.Class(2), InputSize = [4, 4] });
        var expected = linear.Weights[2].abs().amax([channels == 2 ? 1 : 0])[1..].view(1, 2, 2);
        Assert.Equal(expected.expand(3, 2, 2), result.Map);
        Assert.Equal([3, 4, 4], result.ToMap(4, 4).shape);
    }

    // The weights of the leading token are no place's.
    [Fact]
    public void Leading_tokens_do_not_count_in_GradCams_weights()
    {
        var linear = new Linear([5, 3]);
        using var method = new GradCam(keepNegative: true);
        using var result = linear.Explain(method, new() { ChannelDimension = 2, Target = ExplanationTarget.Class(2), InputSize = [4, 4] });
        var weights = linear.Weights[2][1..].mean([0]);
        Toy.AssertClose(linear.Features[.., 1..].matmul(weights).view(3, 2, 2), result.Map);
    }

    [Theory]
    [InlineData("grad-cam")]
    [InlineData("layer-cam")]
    public void A_layer_from_which_only_the_class_token_goes_on_is_refused(string name)
    {
        var linear = new Linear([5, 3]);
        var network = new ToyNetwork(tokens => tokens.select(1, 0).matmul(linear.Weights.select(1, 0).t()));
        using AttributionMethod method = name == "grad-cam" ? new GradCam() : new LayerCam();
        var failure = Assert.Throws<InvalidOperationException>(
            () => Linear.Explain(method, network, linear.Features, new() { ChannelDimension = 2, InputSize = [4, 4] }));
        Assert.Contains("none of the 4 places has a gradient: choose a layer before the last attention", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_that_make_no_grid_are_refused()
    {
        var linear = new Linear([250, 3]);
        using var method = new Gradient();
        var failure = Assert.Throws<InvalidOperationException>(
            () => linear.Explain(method, new() { ChannelDimension = 2, InputSize = [224, 224] }));
        Assert.Contains("250 positions of layer 'toy' make no grid over an input of [224, 224]", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-12)]
    [InlineData(ScalarType.Float16, 2e-3)]
    [InlineData(ScalarType.BFloat16, 2e-2)]
    public void Networks_of_other_types_compute_in_theirs(ScalarType type, double tolerance)
    {
        var linear = new Linear([3, 5, 7], type);
        var exact = linear.Weights.to(float64);
        var features = linear.Features.to(float64);
        using var gradient = new Gradient();
        using var cam = new GradCam(keepNegative: true);
        using var occlusion = new Occlusion(3);
        using var slope = linear.Explain(gradient, Request(1));
        using var map = linear.Explain(cam, Request(1));
        using var drops = linear.Explain(occlusion, Request(1));
        var resultType = type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        Assert.All(new[] { slope, map, drops }, result => Assert.Equal((resultType, ScalarType.Float32), (result.Map.dtype, result.ToMap().dtype)));
        Assert.Equal(exact[2].abs().amax([0]).unsqueeze(0).expand(3, 5, 7), slope.Map.to(float64));
        Toy.AssertClose((exact[2].mean([1, 2]).view(1, 3, 1, 1) * features).sum(1), map.Map.to(float64), tolerance);
        // The last window, one position wide, in the last rows.
        var gain = ((features - features.mean([2, 3], keepdim: true)) * exact[2]).sum(1);
        Assert.True(drops.Map[.., 4, 6].to(float64).allclose(gain[.., 3.., 6].sum(1), rtol: tolerance, atol: 20 * tolerance));
    }

    [Fact]
    public void A_network_of_probabilities_is_explained_by_their_logarithm()
    {
        var linear = new Linear([7]);
        var network = new ToyNetwork(features => linear.Network.Tail(features, null!).softmax(1), OutputKind.Probabilities);
        using var result = Linear.Explain(FunctionMethod.SignedGradient, network, linear.Features, Request(0));
        var probabilities = linear.Features.matmul(linear.Weights.t()).softmax(1);
        Toy.AssertClose(linear.Weights[2] - probabilities.matmul(linear.Weights), result.Map);
        Toy.AssertClose(probabilities, result.Probabilities);
    }

    // Outputs between 0 and 1 that sum to 1 look like probabilities.
    [Fact]
    public void What_the_outputs_are_is_asked_for_or_said_by_the_network_before_their_values_are_looked_at()
    {
        var linear = new Linear([7]);
        Tensor Softmax(Tensor features) => linear.Network.Tail(features, null!).softmax(1);
        var request = new AttributionRequest { ChannelDimension = 0, Output = OutputKind.Logits };
        var probabilities = linear.Features.matmul(linear.Weights.t()).softmax(1);
        using var looked = Linear.Explain(FunctionMethod.SignedGradient, new ToyNetwork(Softmax, OutputKind.Auto), linear.Features, Request(0));
        using var said = Linear.Explain(FunctionMethod.SignedGradient, new ToyNetwork(Softmax, OutputKind.Logits), linear.Features, Request(0));
        using var asked = Linear.Explain(FunctionMethod.SignedGradient, new ToyNetwork(Softmax, OutputKind.Probabilities), linear.Features, request);
        Toy.AssertClose(probabilities, looked.Probabilities);
        Toy.AssertClose(probabilities.softmax(1), said.Probabilities);
        Toy.AssertClose(probabilities.softmax(1), asked.Probabilities);

        using var statistics = Toy.Statistics([7]);
        using var bottleneck = new PerSampleBottleneck(statistics, new() { Steps = 1, Output = OutputKind.Logits });
        using var result = Linear.Explain(bottleneck, new ToyNetwork(Softmax, OutputKind.Probabilities), linear.Features);
        Toy.AssertClose(probabilities.softmax(1), result.Probabilities);
    }

    [Fact]
    public void A_single_output_speaks_for_the_second_class_and_against_the_first()
    {
        var linear = new Linear([7]);
        var network = new ToyNetwork(features => linear.Network.Tail(features, null!).narrow(1, 0, 1));
        using var first = Linear.Explain(FunctionMethod.SignedGradient, network, linear.Features, new() { ChannelDimension = 0, Target = ExplanationTarget.Class(0) });
        using var second = Linear.Explain(FunctionMethod.SignedGradient, network, linear.Features, new() { ChannelDimension = 0, Target = ExplanationTarget.Class(1) });
        Assert.Equal(linear.Weights[0].expand(3, 7), second.Map);
        Assert.Equal(-second.Map, first.Map);
        Assert.Equal([3, 2], first.Probabilities.shape);
        Toy.AssertClose(linear.Features.matmul(linear.Weights[0]).sigmoid(), first.Probabilities[.., 1]);
    }
}

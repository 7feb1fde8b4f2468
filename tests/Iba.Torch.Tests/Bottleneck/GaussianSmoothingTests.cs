using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class GaussianSmoothingTests
{
    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(0.25, 1)]
    [InlineData(0.75, 5)]
    [InlineData(1, 5)]
    [InlineData(1.25, 5)]
    [InlineData(2, 9)]
    public void The_kernel_has_2_round_2_sigma_plus_1_weights(double sigma, int expected)
    {
        double[] kernel = GaussianSmoothing.Kernel(sigma);
        Assert.Equal(expected, kernel.Length);
        Assert.Equal(1, kernel.Sum(), 1e-12);
        if (kernel.Length > 1) Assert.Equal(Math.Exp(-1 / (2 * sigma * sigma)), kernel[(kernel.Length / 2) + 1] / kernel[kernel.Length / 2], 1e-12);
    }

    [Theory]
    [InlineData(1, 12, 9)]
    [InlineData(2, 12, 5)]
    [InlineData(1.5, 700, 6)]
    public void It_is_the_convolution_with_mirrored_borders(double sigma, long height, long width)
    {
        using var scope = NewDisposeScope();
        var values = Toy.Random([2, 3, height, width]).to_type(ScalarType.Float64);
        var kernel = tensor(GaussianSmoothing.Kernel(sigma));
        long reach = kernel.shape[0] / 2;
        var padded = nn.functional.pad(values, [reach, reach, reach, reach], PaddingModes.Reflect);
        var expected = nn.functional.conv2d(padded, kernel.outer(kernel).expand(3, 1, -1, -1), groups: 3);
        var smoothing = new GaussianSmoothing(sigma, values.shape, 1, null, ScalarType.Float64, CPU);
        Toy.AssertClose(expected, smoothing.Apply(values), 1e-12);
    }

    [Theory]
    [InlineData(1, 12, 9, false)]
    [InlineData(1.5, 700, 6, false)]
    [InlineData(2, 3, 300, false)]
    [InlineData(1, 12, 9, true)]
    public void The_transposed_smoothing_is_its_adjoint(double sigma, long height, long width, bool masked)
    {
        using var scope = NewDisposeScope();
        var values = Toy.Random([2, 3, height, width]).to_type(ScalarType.Float64);
        var others = Toy.Random([2, 3, height, width], seed: 2).to_type(ScalarType.Float64);
        var positions = ones([2, height, width], ScalarType.Bool);
        positions[1].narrow(0, height / 2, height - (height / 2)).fill_(false);
        var smoothing = new GaussianSmoothing(sigma, values.shape, 1, masked ? positions : null, ScalarType.Float64, CPU);
        double there = (smoothing.Apply(values) * others).sum().item<double>();
        double back = (values * smoothing.ApplyTransposed(others)).sum().item<double>();
        Assert.Equal(there, back, 1e-9);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(2, 7)]
    public void Maps_not_larger_than_the_reach_repeat_their_border(long height, long width)
    {
        using var scope = NewDisposeScope();
        var values = Toy.Random([1, 2, height, width]).to_type(ScalarType.Float64);
        var smoothing = new GaussianSmoothing(1, values.shape, 1, null, ScalarType.Float64, CPU);
        var kernel = tensor(GaussianSmoothing.Kernel(1));
        var padded = nn.functional.pad(values, [2, 2, 0, 0], width > 2 ? PaddingModes.Reflect : PaddingModes.Replicate);
        padded = nn.functional.pad(padded, [0, 0, 2, 2], PaddingModes.Replicate);
        var expected = nn.functional.conv2d(padded, kernel.outer(kernel).expand(2, 1, -1, -1), groups: 2);
        Toy.AssertClose(expected, smoothing.Apply(values), 1e-12);
    }

    [Fact]
    public void A_constant_stays_constant_and_channels_do_not_mix()
    {
        using var scope = NewDisposeScope();
        var values = arange(3, dtype: ScalarType.Float64).view(1, 3, 1, 1).expand(2, 3, 600, 1).clone();
        var smoothing = new GaussianSmoothing(3, values.shape, 1, null, ScalarType.Float64, CPU);
        Toy.AssertClose(values, smoothing.Apply(values), 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Each_run_of_existing_positions_is_smoothed_by_itself(int channelDimension)
    {
        using var scope = NewDisposeScope();
        int along = 3 - channelDimension;
        var values = Toy.Random(channelDimension == 1 ? [2, 3, 20] : [2, 20, 3]);
        var mask = zeros(2, 20, dtype: ScalarType.Bool);
        mask[0, ..8] = true;
        mask[0, 11..13] = true;
        mask[1, 4..20] = true;
        var smoothing = new GaussianSmoothing(1, values.shape, channelDimension, mask, ScalarType.Float32, CPU);
        var smooth = smoothing.Apply(values);
        foreach (var (row, start, length) in new[] { (0, 0, 8), (0, 11, 2), (1, 4, 16) })
        {
            var run = values.narrow(0, row, 1).narrow(along, start, length);
            var alone = new GaussianSmoothing(1, run.shape, channelDimension, null, ScalarType.Float32, CPU).Apply(run);
            Toy.AssertClose(alone, smooth.narrow(0, row, 1).narrow(along, start, length));
        }

        Assert.Equal(0, Toy.Total(smooth.masked_fill(mask.unsqueeze(channelDimension), 0).abs()));
    }

    [Fact]
    public void A_mask_that_is_no_grid_is_refused()
    {
        using var scope = NewDisposeScope();
        var mask = ones(1, 3, 3, dtype: ScalarType.Bool);
        mask[0, 1, 1] = false;
        Assert.Contains("grid", Assert.Throws<ArgumentException>(() => new GaussianSmoothing(1, [1, 2, 3, 3], 1, mask, ScalarType.Float32, CPU)).Message);
    }
}

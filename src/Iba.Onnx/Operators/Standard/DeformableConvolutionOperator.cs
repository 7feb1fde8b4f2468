using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Convolution whose kernel elements each move by an offset of their own at every position.</summary>
internal static class DeformableConvolutionOperator
{
    public static void Register(OperatorTable table) => table.Add("DeformConv", DeformConv);

    private static Tensor DeformConv(OperatorCall call)
    {
        var (input, weight, offset) = (call.WithRank(0, 3, 5), call[1], call[2]);
        var (group, offsetGroup) = (call.Int("group", 1), call.Int("offset_group", 1));
        var (batch, channels) = (input.shape[0], input.shape[1]);
        if (weight.dim() != input.dim() || group < 1 || offsetGroup < 1 || channels % offsetGroup != 0
            || weight.shape[1] * group != channels || weight.shape[0] % group != 0)
        {
            throw call.Error($"{channels} channels in {group} and {offsetGroup} groups do not go with a weight of shape {weight.ShapeText()}");
        }

        var window = SpatialWindow.Of(call, input.shape, weight.shape[2..]);
        var (rank, taps, positions) = (window.Rank, window.Kernel.Product(), window.Output.Product());
        call.CheckShape("the offset", offset, [batch, offsetGroup * taps * rank, .. window.Output]);
        var data = input.Widen();
        var moved = offset.As(data.dtype).reshape(batch * offsetGroup, taps, rank, positions);
        var coordinates = Enumerable.Range(0, rank).Select(d => (Grid(window, d, data) + moved.select(2, d)).flatten(1)).ToArray();

        // Values at all moved kernel elements: [batch * offset group, channels of it, taps * positions].
        var images = data.reshape([batch * offsetGroup, channels / offsetGroup, .. input.shape[2..]]);
        var columns = PointSampling.Taps(images, coordinates, PointSampling.Linear, (index, _) => index, zeroOutside: true)
            .Aggregate((sum, tap) => sum + tap).reshape(batch, offsetGroup, channels / offsetGroup, taps, positions);
        if (call.Optional(4) is { } mask)
        {
            call.CheckShape("the mask", mask, [batch, offsetGroup * taps, .. window.Output]);
            columns = columns * mask.As(data.dtype).reshape(batch, offsetGroup, 1, taps, positions);
        }

        var rows = columns.reshape(batch, group, channels / group * taps, positions);
        var kernel = weight.As(data.dtype).reshape(1, group, weight.shape[0] / group, channels / group * taps);
        var output = MatrixProduct.Multiply(call, kernel, rows).reshape([batch, weight.shape[0], .. window.Output]);
        if (call.Optional(3) is { } bias)
        {
            call.CheckShape("the bias", bias, weight.shape[0]);
            output = output + bias.As(data.dtype).reshape([-1, .. TensorChecks.Repeated(1, rank)]);
        }

        return output.As(input.dtype);
    }

    /// <summary>Where the unmoved kernel elements lie along one dimension: <c>[taps, positions]</c>.</summary>
    private static Tensor Grid(SpatialWindow window, int dimension, Tensor like)
    {
        Tensor Spread(long[] sizes, long step, long start)
            => ((arange(sizes[dimension], like.dtype, like.device) * step) + start)
                .reshape([.. sizes.Select((_, d) => d == dimension ? -1L : 1L)]).expand(sizes).flatten();
        var kernel = Spread(window.Kernel, window.Dilations[dimension], -window.Begin[dimension]);
        return kernel.unsqueeze(1) + Spread(window.Output, window.Strides[dimension], 0).unsqueeze(0);
    }
}

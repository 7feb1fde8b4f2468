using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

internal sealed partial class RandomNodes
{
    private static void AddQuantized(Dictionary<string, Func<RandomNodes, RandomNode>> kinds)
    {
        kinds["QLinearConv"] = draw => draw.QuantizedConvolution("QLinearConv", channelsLast: false);
        kinds[Microsoft + "QLinearConv with channels last"] = draw => draw.QuantizedConvolution(Microsoft + "QLinearConv", channelsLast: true);
        kinds[Microsoft + "NhwcMaxPool"] = draw =>
        {
            long[] kernel = draw.Sizes(2, 2, 3);
            (string, object)[] pads = draw.Maybe() ? [("pads", kernel.Concat(kernel).Select(size => draw.Between(0, (int)size - 1)).ToArray())] : [];
            return new RandomNode(Microsoft + "NhwcMaxPool", 13, [draw.Bytes(2, 6, 7, 3)], [("kernel_shape", kernel), ("strides", draw.Sizes(2, 1, 2)), .. pads]);
        };
        kinds[Microsoft + "QLinearAveragePool"] = draw =>
        {
            int last = draw.Below(2);
            long[] kernel = draw.Sizes(2, 2, 3);
            return new RandomNode(
                Microsoft + "QLinearAveragePool", 13, [last == 1 ? draw.Bytes(2, 6, 7, 3) : draw.Bytes(2, 3, 6, 7), tensor(0.1f), tensor((byte)120), tensor(0.08f), tensor((byte)110)],
                ("channels_last", last), ("kernel_shape", kernel), ("strides", draw.Sizes(2, 1, 2)), ("count_include_pad", draw.Below(2)),
                ("pads", kernel.Concat(kernel).Select(size => draw.Between(0, (int)size - 1)).ToArray()));
        };
        kinds[Microsoft + "QLinearGlobalAveragePool"] = draw => new RandomNode(
            Microsoft + "QLinearGlobalAveragePool", 13, [draw.Bytes(2, 4, 5, 3), tensor(0.1f), tensor((byte)120), tensor(0.03f), tensor((byte)110)], ("channels_last", draw.Below(2)));
        kinds[Microsoft + "QLinearAdd"] = draw => new RandomNode(
            Microsoft + draw.Any("QLinearAdd", "QLinearMul"), 13,
            [draw.Bytes(2, 3, 4), tensor(0.1f), tensor((byte)120), draw.Bytes(draw.Narrower([2, 3, 4])), tensor(0.2f), tensor((byte)130), tensor(0.5f), tensor((byte)100)]);
        foreach (int bits in new[] { 4, 8 })
        {
            kinds[$"{Microsoft}MatMulNBits of {bits} bits"] = draw =>
            {
                long block = draw.Any<long>(16, 32), size = draw.Any<long>(32, 40, 64), columns = 5, blocks = (size + block - 1) / block;
                var zeros = draw.Maybe() ? draw.Bytes(columns * (((blocks * bits) + 7) / 8)) : null;
                return new RandomNode(
                    Microsoft + "MatMulNBits", 13, [draw.Floats(2, 3, size), draw.Bytes(columns, blocks, block * bits / 8), draw.Positive(columns * blocks), zeros],
                    ("K", size), ("N", columns), ("bits", bits), ("block_size", block));
            };
        }
    }

    private RandomNode QuantizedConvolution(string name, bool channelsLast)
    {
        long groups = Any<long>(1, 2, 4), filters = 4, channels = 4;
        bool each = Maybe();
        long[] kernel = Sizes(2, 1, 3);
        var input = channelsLast ? Bytes(2, 6, 7, channels) : Bytes(2, channels, 6, 7);
        var scales = each ? Positive(filters) * 0.02 : tensor(0.01f);
        var zeros = each ? zeros_like(scales).to(int8) : tensor((sbyte)0);
        (string, object)[] attributes = [("group", groups), ("strides", Sizes(2, 1, 2)), ("pads", Sizes(4, 0, 2)), ("kernel_shape", kernel)];
        return new RandomNode(
            name, 13,
            [
                input, tensor(0.05f), tensor((byte)120), SmallIntegers([filters, channels / groups, .. kernel]), scales, zeros, tensor(0.3f), tensor((byte)128),
                Maybe() ? Integers(-300, 300, filters).to(int32) : null,
            ],
            channelsLast ? [.. attributes, ("channels_last", 1)] : attributes);
    }

    /// <summary>7 bits: without VNNI, OnnxRuntime sums pairs of signed products in 16 bits, which larger weights overflow.</summary>
    private Tensor SmallIntegers(params long[] shape) => Integers(-64, 63, shape).to(int8);
}

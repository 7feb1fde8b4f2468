using Iba.Torch;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Onnx;

/// <summary>
/// Pools over sliding windows. The input is padded beforehand, so that any padding works (libtorch takes no more than half the
/// kernel, the same on both sides).
/// </summary>
internal static class PoolOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("AveragePool", AveragePool);
        table.Add("LpPool", LpPool);
        table.AddMany("MaxPool", MaxPool);
        table.Add("MaxUnpool", MaxUnpool);
    }

    private static SpatialWindow Window(OperatorCall call, Tensor input)
        => SpatialWindow.Of(call, input.shape, call.Ints("kernel_shape") ?? throw call.Error("needs attribute 'kernel_shape'"));

    private static OnnxValue[] MaxPool(OperatorCall call)
    {
        var input = call[0];
        var window = Window(call, input);
        bool floating = input.is_floating_point();
        // Small integers are exact in float32.
        var data = floating ? input : input.As(Precision.Floating(input.dtype));
        long[] padding = window.ExactPadding(input.shape);
        if (padding.Any(size => size != 0))
            data = functional.pad(data, padding, value: floating ? double.NegativeInfinity : input.dtype == ScalarType.Byte ? 0 : -128);
        if (!call.WantsOutput(1)) return [MaxPool(data, window).As(input.dtype)];
        var (largest, positions) = MaxPoolWithPositions(data, window);
        return [largest.As(input.dtype), FlatIndices(call, positions, input.shape, data.shape, window)];
    }

    private static Tensor MaxPool(Tensor data, SpatialWindow window) => window.Rank switch
    {
        1 => functional.max_pool1d(data, window.Kernel[0], window.Strides[0], 0, window.Dilations[0]),
        2 => functional.max_pool2d(data, window.Kernel, window.Strides, [0, 0], window.Dilations),
        _ => functional.max_pool3d(data, window.Kernel, window.Strides, [0, 0, 0], window.Dilations),
    };

    private static (Tensor Values, Tensor Positions) MaxPoolWithPositions(Tensor data, SpatialWindow window) => window.Rank switch
    {
        1 => functional.max_pool1d_with_indices(data, window.Kernel[0], window.Strides[0], 0, window.Dilations[0]),
        2 => functional.max_pool2d_with_indices(data, window.Kernel, window.Strides, [0, 0], window.Dilations),
        _ => functional.max_pool3d_with_indices(data, window.Kernel, window.Strides, [0, 0, 0], window.Dilations),
    };

    /// <summary>
    /// From positions within one padded plane to indices into the whole tensor without padding, spatial dimensions counted row by
    /// row or (storage_order 1) column by column.
    /// </summary>
    private static Tensor FlatIndices(OperatorCall call, Tensor positions, long[] shape, long[] padded, SpatialWindow window)
    {
        bool rowMajor = call.Int("storage_order", 0) == 0;
        long plane = shape.AsSpan(2).Product();
        var indices = (arange(shape[0] * shape[1], int64, positions.device) * plane).reshape([shape[0], shape[1], .. TensorChecks.Repeated(1, window.Rank)]);
        var rest = positions;
        for (int d = window.Rank - 1; d >= 0; d--)
        {
            var coordinate = rest.remainder(padded[d + 2]) - window.Begin[d];
            long stride = rowMajor ? shape.AsSpan(d + 3).Product() : shape.AsSpan(2, d).Product();
            indices = indices + (coordinate * stride);
            rest = rest.floor_divide(padded[d + 2]);
        }

        return indices;
    }

    private static Tensor AveragePool(OperatorCall call)
    {
        var input = call[0];
        var window = Window(call, input);
        var data = input.Widen();
        long[] padding = window.ExactPadding(input.shape);
        if (padding.All(size => size <= 0)) return WindowMeans(data, window).As(input.dtype);

        // Elements that count: those of the input, or of the padding too, but never those that ceil_mode adds.
        var counted = ones([1, 1, .. input.shape[2..]], data.dtype, data.device);
        if (call.Flag("count_include_pad")) counted = functional.pad(counted, SpatialWindow.TorchOrder(window.Begin, window.End), value: 1);
        long[] missing = call.Flag("count_include_pad")
            ? padding.Zip(SpatialWindow.TorchOrder(window.Begin, window.End), (exact, stated) => exact - stated).ToArray()
            : padding;
        var share = WindowMeans(functional.pad(counted, missing), window);
        return (WindowMeans(functional.pad(data, padding), window) / share).As(input.dtype);
    }

    private static Tensor LpPool(OperatorCall call)
    {
        var input = call[0];
        var window = Window(call, input);
        double power = Power(call);
        var powers = functional.pad(input.Widen().abs().pow(power), window.ExactPadding(input.shape));
        return Root(WindowMeans(powers, window) * window.Kernel.Product(), power).As(input.dtype);
    }

    /// <summary>The exponent of an Lp pool: an integer from opset 2, a float before.</summary>
    public static double Power(OperatorCall call)
    {
        double power = call.Opset >= 2 ? call.Int("p", 2) : (double)call.Float("p", 2);
        return power > 0 ? power : throw call.Error($"attribute 'p' is {power}, but must be positive");
    }

    /// <summary>The p-th root, with a zero gradient (not an infinite one) at zero.</summary>
    public static Tensor Root(Tensor sums, double power)
    {
        if (power == 1) return sums;
        var isZero = sums.eq(0);
        return where(isZero, zeros_like(sums), where(isZero, ones_like(sums), sums).pow(1 / power));
    }

    /// <summary>Means over windows that fit exactly. libtorch's average pools have no dilation: a convolution with equal weights has.</summary>
    private static Tensor WindowMeans(Tensor data, SpatialWindow window)
    {
        if (window.Dilations.All(dilation => dilation == 1))
        {
            return window.Rank switch
            {
                1 => functional.avg_pool1d(data, window.Kernel[0], window.Strides[0]),
                2 => functional.avg_pool2d(data, window.Kernel, window.Strides),
                _ => functional.avg_pool3d(data, window.Kernel, window.Strides),
            };
        }

        var planes = data.reshape([data.shape[0] * data.shape[1], 1, .. data.shape[2..]]);
        var weight = full([1, 1, .. window.Kernel], 1.0 / window.Kernel.Product(), data.dtype, data.device);
        var means = window.Rank switch
        {
            1 => functional.conv1d(planes, weight, null, window.Strides[0], 0, window.Dilations[0]),
            2 => functional.conv2d(planes, weight, null, window.Strides, [0, 0], window.Dilations),
            _ => functional.conv3d(planes, weight, null, window.Strides, [0, 0, 0], window.Dilations),
        };
        return means.reshape([data.shape[0], data.shape[1], .. means.shape[2..]]);
    }

    /// <summary>
    /// Puts each value back where MaxPool took it from. The indices count in the tensor that kernel, strides and pads imply; where
    /// output_shape is larger, that tensor lies in its first corner.
    /// </summary>
    private static Tensor MaxUnpool(OperatorCall call)
    {
        var (input, indices) = (call.WithRank(0, 3, 5), call[1]);
        call.CheckShape("input 1", indices, input.shape);
        int rank = (int)input.dim() - 2;
        long[] kernel = call.Ints("kernel_shape", rank, otherwise: 1, least: 1);
        long[] strides = call.Ints("strides", rank, otherwise: 1, least: 1);
        long[] pads = call.Ints("pads", 2 * rank, otherwise: 0, least: 0);
        long[] implied =
        [
            .. input.shape[..2],
            .. Enumerable.Range(0, rank).Select(d => ((input.shape[d + 2] - 1) * strides[d]) - pads[d] - pads[d + rank] + kernel[d]),
        ];
        long[] shape = call.Longs(2) ?? implied;
        OperatorLimits.Check(call, implied, input.numel());
        OperatorLimits.Check(call, shape, input.numel());
        if (shape.Length != rank + 2) throw call.Error($"output_shape has {shape.Length} entries, but needs {rank + 2}");
        var positions = indices.flatten();
        if (positions.numel() > 0 && (positions.min().ToInt64() < 0 || positions.max().ToInt64() >= implied.Product()))
            throw call.Error($"an index lies outside the {implied.Product()} elements of shape {Shapes.Format(implied)}");
        var output = zeros([implied.Product()], input.dtype, input.device).scatter(0, positions, input.flatten()).reshape(implied);
        return functional.pad(output, SpatialWindow.TorchOrder(TensorChecks.Repeated(0, rank + 2), [.. shape.Select((size, d) => size - implied[d])]));
    }
}

using Iba.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Onnx;

/// <summary>Convolutions over one, two or three spatial dimensions, and their transposes.</summary>
internal static class ConvolutionOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("Conv", call => Conv(call, call[0], call[1], call.Optional(2)));
        table.Add("ConvTranspose", ConvTranspose);
        table.AddMany("CausalConvWithState", CausalConvWithState);
    }

    /// <summary>Convolves <c>[N, C, ...]</c> with weights <c>[M, C / group, ...]</c> as the node's attributes say.</summary>
    /// <param name="call">The node.</param>
    /// <param name="input"><c>[N, C, ...]</c>.</param>
    /// <param name="weight"><c>[M, C / group, ...]</c>.</param>
    /// <param name="bias"><c>[M]</c>, or null.</param>
    /// <param name="widens">Whether half precision is computed in float32.</param>
    public static Tensor Conv(OperatorCall call, Tensor input, Tensor weight, Tensor? bias, bool widens = true)
    {
        long group = CheckWeight(call, input, weight, bias, transposed: false);
        var window = SpatialWindow.Of(call, input.shape, weight.shape[2..]);
        var (data, padding) = (widens ? input.Widen() : input, window.Begin);
        if (!window.Begin.AsSpan().SequenceEqual(window.End))
        {
            data = functional.pad(data, SpatialWindow.TorchOrder(window.Begin, window.End));
            padding = TensorChecks.Repeated(0, window.Rank);
        }

        var (kernel, offset) = (weight.As(data.dtype), bias?.As(data.dtype));
        var output = window.Rank switch
        {
            1 => functional.conv1d(data, kernel, offset, window.Strides[0], padding[0], window.Dilations[0], group),
            2 => functional.conv2d(data, kernel, offset, window.Strides, padding, window.Dilations, group),
            _ => functional.conv3d(data, kernel, offset, window.Strides, padding, window.Dilations, group),
        };
        return output.As(input.dtype);
    }

    /// <summary>
    /// The full transposed convolution without padding, then cropped by the padding; output padding crops less at the end or adds
    /// zeros there. The bias comes last, so that it reaches those zeros too.
    /// </summary>
    private static Tensor ConvTranspose(OperatorCall call)
    {
        var (input, weight, bias) = (call.WithRank(0, 3, 5), call[1], call.Optional(2));
        long group = CheckWeight(call, input, weight, bias, transposed: true);
        int rank = (int)input.dim() - 2;
        long[] strides = call.Ints("strides", rank, otherwise: 1, least: 1);
        long[] dilations = call.Ints("dilations", rank, otherwise: 1, least: 1);
        long[] full = Enumerable.Range(0, rank)
            .Select(d => ((input.shape[d + 2] - 1) * strides[d]) + ((weight.shape[d + 2] - 1) * dilations[d]) + 1).ToArray();
        var (begin, end) = TransposedPadding(call, input.shape[2..], full, strides);
        OperatorLimits.Check(call, full, input.numel());
        OperatorLimits.Check(call, [.. full.Select((size, d) => size - begin[d] - end[d])], input.numel());

        var (data, zero) = (input.Widen(), TensorChecks.Repeated(0, rank));
        var kernel = weight.As(data.dtype);
        var output = rank switch
        {
            1 => functional.conv_transpose1d(data, kernel, null, strides[0], 0, 0, dilations[0], group),
            2 => functional.conv_transpose2d(data, kernel, null, strides, zero, zero, dilations, group),
            _ => functional.conv_transpose3d(data, kernel, null, strides, zero, zero, dilations, group),
        };
        if (begin.Concat(end).Any(size => size != 0))
            output = functional.pad(output, SpatialWindow.TorchOrder([.. begin.Select(size => -size)], [.. end.Select(size => -size)]));
        if (bias is not null) output = output + bias.As(output.dtype).reshape([-1, .. TensorChecks.Repeated(1, rank)]);
        return output.As(input.dtype);
    }

    /// <summary>How much to cut from the full result before and after; negative where zeros are to be added.</summary>
    private static (long[] Begin, long[] End) TransposedPadding(OperatorCall call, long[] input, long[] full, long[] strides)
    {
        int rank = input.Length;
        long[] outputPadding = call.Ints("output_padding", rank, otherwise: 0, least: 0);
        string automatic = call.String("auto_pad", "NOTSET");
        long[]? outputShape = call.Ints("output_shape");
        if (outputShape is { Length: > 0 })
        {
            // Some exporters write the batch and channel dimensions too.
            outputShape = outputShape.Length == rank + 2 ? outputShape[2..] : outputShape;
            if (outputShape.Length != rank) throw call.Error($"attribute 'output_shape' has {outputShape.Length} entries, but needs {rank}");
        }
        else if (automatic is "SAME_UPPER" or "SAME_LOWER")
        {
            outputShape = input.Select((size, d) => size * strides[d]).ToArray();
        }

        if (outputShape is not { Length: > 0 })
        {
            long[] pads = call.Ints("pads", 2 * rank, otherwise: 0, least: 0);
            if (automatic == "VALID") Array.Clear(pads);
            return (pads[..rank], pads[rank..].Select((size, d) => size - outputPadding[d]).ToArray());
        }

        long[] begin = outputShape.Select((size, d) =>
        {
            long total = Math.Max(0, full[d] + outputPadding[d] - size);
            return automatic == "SAME_UPPER" ? total / 2 : total - (total / 2);
        }).ToArray();
        return (begin, full.Select((size, d) => size - begin[d] - outputShape[d]).ToArray());
    }

    /// <summary>A depthwise convolution over time that sees the past only: the last inputs of the call before stand in front.</summary>
    private static OnnxValue[] CausalConvWithState(OperatorCall call)
    {
        var (input, weight) = (call.WithRank(0, 3, 3), call.WithRank(1, 3, 3));
        var (channels, kept) = (input.shape[1], weight.shape[2] - 1);
        call.CheckShape("the weight", weight, channels, 1, weight.shape[2]);
        var past = call.Optional(3) ?? zeros([input.shape[0], channels, kept], input.dtype, input.device);
        call.CheckShape("the past state", past, input.shape[0], channels, kept);

        var padded = cat([past.As(input.dtype), input], 2);
        var data = padded.Widen();
        var output = functional.conv1d(data, weight.As(data.dtype), call.Optional(2)?.As(data.dtype), groups: channels).As(input.dtype);
        output = call.String("activation", "none") switch
        {
            "none" => output,
            "silu" or "swish" => functional.silu(output.Widen()).As(input.dtype),
            var other => throw call.Error($"activation '{other}' is none of none, silu, swish"),
        };
        return [output, padded.narrow(2, padded.shape[2] - kept, kept)];
    }

    private static long CheckWeight(OperatorCall call, Tensor input, Tensor weight, Tensor? bias, bool transposed)
    {
        long group = call.Int("group", 1);
        if (weight.dim() != input.dim() || input.dim() < 3)
            throw call.Error($"an input of shape {input.ShapeText()} does not go with a weight of shape {weight.ShapeText()}");
        bool fits = group > 0 && weight.shape[0] % group == 0
            && (transposed ? weight.shape[0] == input.shape[1] : weight.shape[1] * group == input.shape[1]);
        if (!fits) throw call.Error($"{input.shape[1]} channels in {group} groups do not go with a weight of shape {weight.ShapeText()}");
        if (call.Ints("kernel_shape") is { Length: > 0 } kernel && !kernel.AsSpan().SequenceEqual(weight.shape.AsSpan(2)))
            throw call.Error($"attribute 'kernel_shape' {Shapes.Format(kernel)} differs from the weight's shape {weight.ShapeText()}");
        if (bias is not null) call.CheckShape("the bias", bias, transposed ? weight.shape[1] * group : weight.shape[0]);
        return group;
    }
}

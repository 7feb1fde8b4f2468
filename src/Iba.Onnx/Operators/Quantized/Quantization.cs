using Iba.Torch;
using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>
/// Numbers as integers times a scale. Quantising passes the gradient straight through the rounding, and stops it where a number is
/// out of range. libtorch's integers carry no gradient: where one flows, the quantised values are floats that hold integers.
/// </summary>
internal static class Quantization
{
    /// <summary>Quantises: <c>saturate(round(x / scale) + zero point)</c>, halves to even.</summary>
    /// <param name="input">The numbers.</param>
    /// <param name="scale">The scale, of a shape that broadcasts.</param>
    /// <param name="zeroPoint">The zero point, of a shape that broadcasts; null for 0.</param>
    /// <param name="type">What the result holds: integers or floats of 8 or 4 bits.</param>
    /// <param name="saturate">For floats, whether numbers out of range become the largest one.</param>
    public static TensorValue Quantize(Tensor input, Tensor scale, Tensor? zeroPoint, ElementType type, bool saturate = true)
    {
        var scaled = input / scale;
        if (NarrowTypes.IsSmallFloat(type))
        {
            return new TensorValue(SmallFloatRounding.Round(zeroPoint is null ? scaled : scaled + zeroPoint, type, saturate), type);
        }
        // Half floats cannot hold every 16-bit integer.
        if (scaled.dtype is ScalarType.Float16 or ScalarType.BFloat16) scaled = scaled.to(ScalarType.Float32);
        var (lowest, highest) = NarrowTypes.Range(type);
        var offset = zeroPoint is null ? zeros([], scaled.dtype, scaled.device) : zeroPoint.to(scaled.dtype);
        // The bounds are integers, so that limiting before rounding gives what the standard's order gives, and no infinity is left.
        var limited = scaled.clamp(lowest - offset, highest - offset);
        if (limited.requires_grad && is_grad_enabled())
        {
            var error = (limited.round() - limited).detach();
            return new TensorValue(limited + error + offset, type);
        }
        var result = (limited.round() + offset).to(ElementTypes.Storage(type)!.Value);
        return NarrowTypes.As(result, type);
    }

    /// <summary>Dequantises: <c>(q - zero point) * scale</c>, in the scale's type or float32 where that is narrower.</summary>
    public static Tensor Dequantize(Tensor quantized, Tensor scale, Tensor? zeroPoint)
        => Centre(quantized, zeroPoint, Wide(scale)) * scale.to(Wide(scale)).to(quantized.device);

    /// <summary>The quantised values less their zero point, as floats.</summary>
    public static Tensor Centre(Tensor quantized, Tensor? zeroPoint, ScalarType type)
        => zeroPoint is null ? quantized.to(type) : quantized.to(type) - zeroPoint.to(type).to(quantized.device);

    /// <summary>A scale or zero point in a shape that broadcasts: one for all, for each index of an axis, or for each block.</summary>
    public static Tensor? Spread(OperatorCall call, Tensor? parameter, long[] shape, long axis, long blockSize)
    {
        if (parameter is null || (parameter.numel() == 1 && blockSize == 0)) return parameter?.reshape([]);
        int place = call.Axis(axis, shape.Length);
        if (blockSize == 0)
        {
            if (parameter.dim() != 1 || parameter.shape[0] != shape[place])
            {
                throw call.Error($"has scales or zero points of shape {parameter.ShapeText()} for axis {place} of size {shape[place]}");
            }
            return Broadcasting.Before(parameter, shape.Length - 1 - place);
        }
        long[] blocks = shape.ToArray();
        blocks[place] = blockSize > 0 ? (shape[place] + blockSize - 1) / blockSize : throw call.Error($"has block size {blockSize}");
        if (!parameter.shape.SequenceEqual(blocks))
        {
            throw call.Error(
                $"needs scales and zero points of shape {Shapes.Format(blocks)}, not {Shapes.Format(parameter.shape)}");
        }
        return parameter.repeat_interleave(Math.Min(blockSize, Math.Max(shape[place], 1)), place).narrow(place, 0, shape[place]);
    }

    private static ScalarType Wide(Tensor scale) => scale.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
}

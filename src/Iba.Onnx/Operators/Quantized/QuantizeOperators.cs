using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>Numbers to quantised values and back.</summary>
internal static class QuantizeOperators
{
    public static void Register(OperatorTable table)
    {
        foreach (string? domain in new[] { "", OperatorTable.Microsoft })
        {
            table.AddMany("QuantizeLinear", call => [QuantizeLinear(call)], domain);
            table.Add("DequantizeLinear", DequantizeLinear, domain);
        }
        table.AddMany("DynamicQuantizeLinear", call => DynamicQuantizeLinear(call[0]));
    }

    private static TensorValue QuantizeLinear(OperatorCall call)
    {
        var (input, scale, zeroPoint) = (call[0], call[1], call.Optional(2));
        var type = zeroPoint is null ? (ElementType)call.Int("output_dtype", 0) : call.ElementType(2);
        if (type == ElementType.Undefined) type = ElementType.Uint8;
        if (ElementTypes.Storage(type) is null || !(NarrowTypes.IsInteger(type) || NarrowTypes.IsSmallFloat(type)))
        {
            throw call.Error($"quantises to {type}, which is not supported");
        }
        var (axis, blockSize) = (call.Int("axis", 1), call.Int("block_size", 0));
        scale = Quantization.Spread(call, scale, input.shape, axis, blockSize)!.to(input.device);
        zeroPoint = Quantization.Spread(call, zeroPoint, input.shape, axis, blockSize)?.to(input.device);
        if (call.Int("precision", 0) is var precision and not 0)
        {
            var width = ElementTypes.Storage((ElementType)precision) ?? throw call.Error($"has precision {precision}");
            (input, scale) = (input.to(width), scale.to(width));
        }
        else if (!input.is_floating_point())
        {
            input = input.to(scale.dtype);
        }
        return Quantization.Quantize(input, scale, zeroPoint, type, call.Flag("saturate", true));
    }

    private static Tensor DequantizeLinear(OperatorCall call)
    {
        var (quantized, scale, zeroPoint) = (call[0], call[1], call.Optional(2));
        var (axis, blockSize) = (call.Int("axis", 1), call.Int("block_size", 0));
        var result = Quantization.Dequantize(
            quantized,
            Quantization.Spread(call, scale, quantized.shape, axis, blockSize)!,
            Quantization.Spread(call, zeroPoint, quantized.shape, axis, blockSize));
        var type = (ElementType)call.Int("output_dtype", 0);
        return result.to(type == ElementType.Undefined ? scale.dtype : ElementTypes.Storage(type) ?? throw call.Error($"gives {type}"));
    }

    /// <summary>
    /// Quantises to uint8 with the scale that fits the numbers and 0. The scale carries no gradient, so that quantising and dequantising
    /// together have a gradient of one.
    /// </summary>
    public static OnnxValue[] DynamicQuantizeLinear(Tensor input)
    {
        var numbers = input.detach().to(ScalarType.Float32);
        var zero = zeros([], ScalarType.Float32, input.device);
        var (lowest, highest) = numbers.numel() == 0 ? (zero, zero) : (minimum(numbers.min(), zero), maximum(numbers.max(), zero));
        var range = (highest - lowest) / 255;
        var scale = where(range.eq(0), ones_like(range), range);
        var zeroPoint = (0 - lowest / scale).round().clamp(0, 255).to(ScalarType.Byte);
        return [Quantization.Quantize(input, scale, zeroPoint, ElementType.Uint8), scale, zeroPoint];
    }
}

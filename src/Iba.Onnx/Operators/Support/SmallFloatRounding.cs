using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>Rounds numbers to those that the floats of 8 and 4 bits can hold.</summary>
internal static class SmallFloatRounding
{
    /// <summary>
    /// Every element rounded; the result is float32. The gradient is that of the numbers limited to the type's range, as if rounding
    /// were not there.
    /// </summary>
    /// <param name="numbers">Numbers of any type.</param>
    /// <param name="type">One of the floats of 8 or 4 bits.</param>
    /// <param name="saturate">Whether numbers out of range become the largest number of the type, not infinity or NaN.</param>
    /// <param name="roundMode">How float8e8m0 rounds: up, down or nearest.</param>
    public static Tensor Round(Tensor numbers, ElementType type, bool saturate, string roundMode = "up")
    {
        using var floats = numbers.detach().to(ScalarType.Float32).cpu().contiguous();
        float[] values = floats.data<float>().ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = type == ElementType.Float8E8M0 ? RoundPowerOfTwo(values[i], saturate, roundMode) : Round(values[i], type, saturate);
        }
        var rounded = tensor(values, device: numbers.device).reshape(numbers.shape);
        if (!numbers.requires_grad || !is_grad_enabled()) return rounded;
        var limited = numbers.to(ScalarType.Float32).clamp(-Largest(type), Largest(type));
        return rounded + (limited - limited.detach());
    }

    /// <summary>The largest finite number of a type.</summary>
    public static float Largest(ElementType type) => type switch
    {
        ElementType.Float8E4M3Fn => 448,
        ElementType.Float8E4M3Fnuz => 240,
        ElementType.Float8E5M2 or ElementType.Float8E5M2Fnuz => 57344,
        ElementType.Float4E2M1 => 6,
        _ => MathF.ScaleB(1, 127),
    };

    /// <summary>The nearest number of the type; of two equally near the one with an even last bit.</summary>
    private static float Round(float number, ElementType type, bool saturate)
    {
        var (mantissaBits, lowestExponent) = type switch
        {
            ElementType.Float8E4M3Fn => (3, -6),
            ElementType.Float8E4M3Fnuz => (3, -7),
            ElementType.Float8E5M2 => (2, -14),
            ElementType.Float8E5M2Fnuz => (2, -15),
            _ => (1, 0),
        };
        // The 4-bit float has neither NaN nor infinity.
        if (type == ElementType.Float4E2M1) saturate = true;
        if (float.IsNaN(number)) return type == ElementType.Float4E2M1 ? 0 : float.NaN;
        float largest = Largest(type);
        float rounded = number;
        if (float.IsFinite(number) && number != 0)
        {
            int unit = Math.Max(MathF.ILogB(number), lowestExponent) - mantissaBits;
            rounded = MathF.ScaleB(MathF.Round(MathF.ScaleB(number, -unit), MidpointRounding.ToEven), unit);
        }
        if (MathF.Abs(rounded) <= largest) return rounded;
        float outOfRange = saturate ? largest : type == ElementType.Float8E5M2 ? float.PositiveInfinity : float.NaN;
        return MathF.CopySign(outOfRange, number);
    }

    /// <summary>A power of two from 2^-127 to 2^127; the type has neither sign nor zero.</summary>
    private static float RoundPowerOfTwo(float number, bool saturate, string roundMode)
    {
        if (!float.IsFinite(number)) return float.NaN;
        float magnitude = MathF.Abs(number);
        if (magnitude < MathF.ScaleB(1, -127)) return saturate ? MathF.ScaleB(1, -127) : float.NaN;
        int exponent = MathF.ILogB(magnitude);
        float mantissa = MathF.ScaleB(magnitude, -exponent);
        if ((roundMode == "up" && mantissa > 1) || (roundMode == "nearest" && mantissa >= 1.5f)) exponent++;
        if (exponent > 127) return saturate ? MathF.ScaleB(1, 127) : float.NaN;
        return MathF.ScaleB(1, exponent);
    }
}

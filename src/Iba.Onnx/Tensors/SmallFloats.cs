using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>The 8-bit and 4-bit floating point formats, each a table of the float32 values that its codes stand for.</summary>
internal static class SmallFloats
{
    private static readonly Dictionary<DataType, float[]> Tables = new()
    {
        [DataType.Float8E4M3Fn] = Table(8, 3, 7, (code, value) => (code & 0x7f) == 0x7f ? float.NaN : value),
        [DataType.Float8E4M3Fnuz] = Table(8, 3, 8, (code, value) => code == 0x80 ? float.NaN : value),
        [DataType.Float8E5M2] = Table(8, 2, 15, (code, value) => (code & 0x7f) switch
        {
            0x7c => code > 0x7f ? float.NegativeInfinity : float.PositiveInfinity,
            > 0x7c => float.NaN,
            _ => value,
        }),
        [DataType.Float8E5M2Fnuz] = Table(8, 2, 16, (code, value) => code == 0x80 ? float.NaN : value),
        [DataType.Float4E2M1] = Table(4, 1, 1, (_, value) => value),
        [DataType.Float8E8M0] = Enumerable.Range(0, 256).Select(code => code == 0xff ? float.NaN : MathF.ScaleB(1, code - 127)).ToArray(),
    };

    /// <summary>The float32 values of all codes of a format, by code.</summary>
    public static float[] Values(DataType type) => Tables[type];

    public static bool Has(DataType type) => Tables.ContainsKey(type);

    private static float[] Table(int bits, int mantissaBits, int bias, Func<int, float, float> special)
    {
        float[] table = new float[1 << bits];
        for (int code = 0; code < table.Length; code++)
        {
            int sign = code >> (bits - 1);
            int mantissa = code & ((1 << mantissaBits) - 1);
            int exponent = (code & ((1 << (bits - 1)) - 1)) >> mantissaBits;
            float magnitude = exponent == 0
                ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
                : MathF.ScaleB((1 << mantissaBits) + mantissa, exponent - bias - mantissaBits);
            table[code] = special(code, sign == 1 ? -magnitude : magnitude);
        }

        return table;
    }
}

using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx.Operators;

/// <summary>ONNX element types and the libtorch types that hold them.</summary>
internal static class ElementTypes
{
    /// <summary>The libtorch type that holds an ONNX type; null where there is none (strings, complex numbers, unknown codes).</summary>
    public static ScalarType? Storage(ElementType type) => type switch
    {
        ElementType.Float or ElementType.Float8E4M3Fn or ElementType.Float8E4M3Fnuz or ElementType.Float8E5M2
            or ElementType.Float8E5M2Fnuz or ElementType.Float4E2M1 or ElementType.Float8E8M0 => ScalarType.Float32,
        ElementType.Uint8 => ScalarType.Byte,
        ElementType.Int8 or ElementType.Int4 or ElementType.Uint4 or ElementType.Int2 or ElementType.Uint2 => ScalarType.Int8,
        ElementType.Int16 => ScalarType.Int16,
        ElementType.Int32 or ElementType.Uint16 => ScalarType.Int32,
        ElementType.Int64 or ElementType.Uint32 or ElementType.Uint64 => ScalarType.Int64,
        ElementType.Bool => ScalarType.Bool,
        ElementType.Float16 => ScalarType.Float16,
        ElementType.Double => ScalarType.Float64,
        ElementType.Bfloat16 => ScalarType.BFloat16,
        _ => null,
    };

    /// <summary>The ONNX type of the same name as a libtorch type; undefined where there is none.</summary>
    public static ElementType Of(ScalarType type) => type switch
    {
        ScalarType.Float32 => ElementType.Float,
        ScalarType.Byte => ElementType.Uint8,
        ScalarType.Int8 => ElementType.Int8,
        ScalarType.Int16 => ElementType.Int16,
        ScalarType.Int32 => ElementType.Int32,
        ScalarType.Int64 => ElementType.Int64,
        ScalarType.Bool => ElementType.Bool,
        ScalarType.Float16 => ElementType.Float16,
        ScalarType.Float64 => ElementType.Double,
        ScalarType.BFloat16 => ElementType.Bfloat16,
        _ => ElementType.Undefined,
    };

    /// <summary>Whether libtorch lacks the type, so that it is stored as a wider one.</summary>
    public static bool IsWidened(ElementType type) => Storage(type) is { } storage && Of(storage) != type;

    /// <summary>Whether the type is one of the floats of 8 or 4 bits.</summary>
    public static bool IsSmallFloat(ElementType type) => IsWidened(type) && Storage(type) == ScalarType.Float32;

    /// <summary>The number of bits of one element.</summary>
    public static int Bits(ElementType type) => type switch
    {
        ElementType.Int2 or ElementType.Uint2 => 2,
        ElementType.Int4 or ElementType.Uint4 or ElementType.Float4E2M1 => 4,
        ElementType.Uint8 or ElementType.Int8 or ElementType.Bool => 8,
        ElementType.Uint16 or ElementType.Int16 or ElementType.Float16 or ElementType.Bfloat16 => 16,
        ElementType.Float or ElementType.Int32 or ElementType.Uint32 => 32,
        ElementType.Double or ElementType.Int64 or ElementType.Uint64 => 64,
        _ when IsSmallFloat(type) => 8,
        _ => 0,
    };

    /// <summary>Whether the type is an unsigned integer.</summary>
    public static bool IsUnsigned(ElementType type) => type
        is ElementType.Uint2 or ElementType.Uint4 or ElementType.Uint8 or ElementType.Uint16 or ElementType.Uint32 or ElementType.Uint64;

    /// <summary>The smallest and largest value of an integer type (of uint64 those that fit into int64).</summary>
    public static (long Lowest, long Highest) Range(ElementType type)
    {
        var bits = Bits(type);
        return IsUnsigned(type)
            ? (0, bits >= 63 ? long.MaxValue : (1L << bits) - 1)
            : (bits >= 64 ? long.MinValue : -(1L << (bits - 1)), bits >= 64 ? long.MaxValue : (1L << (bits - 1)) - 1);
    }

    /// <summary>A computed tensor as a value of the given type: integers that are stored wider wrap around as the narrow type would.</summary>
    public static TensorValue As(Tensor tensor, ElementType type)
    {
        if (!IsWidened(type) || Storage(type) != tensor.dtype) return new TensorValue(tensor);
        return new TensorValue(IsSmallFloat(type) ? tensor : Wrap(tensor, type), type);
    }

    /// <summary>Integers reduced to the bits that the type has.</summary>
    private static Tensor Wrap(Tensor integers, ElementType type)
    {
        if (type == ElementType.Uint64) return integers;
        var (lowest, highest) = Range(type);
        return lowest == 0 ? integers.bitwise_and(highest) : (integers - lowest).bitwise_and(highest - lowest) + lowest;
    }
}

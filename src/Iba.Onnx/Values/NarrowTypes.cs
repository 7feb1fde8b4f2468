using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>Computing with element types that libtorch lacks and that are stored wider.</summary>
internal static class NarrowTypes
{
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
    public static bool IsWidened(ElementType type) => ElementTypes.Storage(type) is { } storage && Of(storage) != type;

    /// <summary>Whether the type is one of the floats of 8 or 4 bits.</summary>
    public static bool IsSmallFloat(ElementType type) => IsWidened(type) && ElementTypes.Storage(type) == ScalarType.Float32;

    /// <summary>Whether the type is an unsigned integer.</summary>
    public static bool IsUnsigned(ElementType type) => type
        is ElementType.Uint2 or ElementType.Uint4 or ElementType.Uint8 or ElementType.Uint16 or ElementType.Uint32 or ElementType.Uint64;

    /// <summary>The smallest and largest value of an integer type (of uint64 those that fit into int64).</summary>
    public static (long Lowest, long Highest) Range(ElementType type)
    {
        int bits = ElementTypes.Bits(type);
        return IsUnsigned(type)
            ? (0, bits >= 63 ? long.MaxValue : (1L << bits) - 1)
            : (bits >= 64 ? long.MinValue : -(1L << (bits - 1)), bits >= 64 ? long.MaxValue : (1L << (bits - 1)) - 1);
    }

    /// <summary>Whether the type is an integer.</summary>
    public static bool IsInteger(ElementType type) => IsUnsigned(type)
        || type is ElementType.Int2 or ElementType.Int4 or ElementType.Int8 or ElementType.Int16 or ElementType.Int32 or ElementType.Int64;

    /// <summary>
    /// Whether a tensor of floats stands for integers: libtorch's integers carry no gradient, so quantised values are floats where one
    /// is asked for.
    /// </summary>
    public static bool CarriesIntegers(TensorValue value) => IsInteger(value.WidenedFrom) && value.Tensor.is_floating_point();

    /// <summary>
    /// A computed tensor as a value of a type that is stored wider: integers wrap around as the narrow type would. Any other type, or a
    /// tensor that is not of the type's storage, is the tensor itself.
    /// </summary>
    public static TensorValue As(Tensor tensor, ElementType type)
    {
        if (type == ElementType.Undefined) return new TensorValue(tensor);
        if (IsInteger(type) && tensor.is_floating_point()) return new TensorValue(tensor, type);
        if (!IsWidened(type) || ElementTypes.Storage(type) != tensor.dtype) return new TensorValue(tensor);
        return new TensorValue(IsSmallFloat(type) ? tensor : Wrap(tensor, type), type);
    }

    /// <summary>Integers reduced to the bits that the type has.</summary>
    public static Tensor Wrap(Tensor integers, ElementType type)
    {
        if (type is ElementType.Uint64 or ElementType.Int64) return integers;
        var (lowest, highest) = Range(type);
        return lowest == 0 ? integers.bitwise_and(highest) : (integers - lowest).bitwise_and(highest - lowest) + lowest;
    }
}

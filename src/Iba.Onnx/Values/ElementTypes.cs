using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>ONNX element types: how libtorch stores them here, and how wide they are in a file.</summary>
internal static class ElementTypes
{
    /// <summary>
    /// The libtorch type that holds an ONNX type. Types that libtorch lacks are held wider: uint16 as int32, uint32 and uint64 as
    /// int64, 4-bit and 2-bit integers as int8, 8-bit and 4-bit floats as float32. Null for strings and unknown types.
    /// </summary>
    public static torch.ScalarType? Storage(DataType type) => type switch
    {
        DataType.Float or DataType.Float8E4M3Fn or DataType.Float8E4M3Fnuz or DataType.Float8E5M2 or DataType.Float8E5M2Fnuz
            or DataType.Float8E8M0 or DataType.Float4E2M1 => torch.ScalarType.Float32,
        DataType.Double => torch.ScalarType.Float64,
        DataType.Float16 => torch.ScalarType.Float16,
        DataType.Bfloat16 => torch.ScalarType.BFloat16,
        DataType.Uint8 => torch.ScalarType.Byte,
        DataType.Int8 or DataType.Int4 or DataType.Uint4 or DataType.Int2 or DataType.Uint2 => torch.ScalarType.Int8,
        DataType.Int16 => torch.ScalarType.Int16,
        DataType.Uint16 or DataType.Int32 => torch.ScalarType.Int32,
        DataType.Uint32 or DataType.Uint64 or DataType.Int64 => torch.ScalarType.Int64,
        DataType.Bool => torch.ScalarType.Bool,
        DataType.Complex64 => torch.ScalarType.ComplexFloat32,
        DataType.Complex128 => torch.ScalarType.ComplexFloat64,
        _ => null,
    };

    /// <summary>Whether the type is a float that libtorch computes with; the 8-bit and 4-bit ones, which it lacks, are not.</summary>
    public static bool IsFloatingPoint(DataType type) => type is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16;

    /// <summary>The libtorch type whose elements have the same bits as the ONNX type's in a file; null where they have to be decoded.</summary>
    public static torch.ScalarType? SameStorage(DataType type)
        => IsFloatingPoint(type) || type is DataType.Uint8 or DataType.Int8 or DataType.Int16 or DataType.Int32 or DataType.Int64
            ? Storage(type) : null;

    /// <summary>The width of one element in a file, in bits.</summary>
    public static int Bits(DataType type) => type switch
    {
        DataType.Int2 or DataType.Uint2 => 2,
        DataType.Int4 or DataType.Uint4 or DataType.Float4E2M1 => 4,
        DataType.Uint8 or DataType.Int8 or DataType.Bool or DataType.Float8E4M3Fn or DataType.Float8E4M3Fnuz or DataType.Float8E5M2
            or DataType.Float8E5M2Fnuz or DataType.Float8E8M0 => 8,
        DataType.Uint16 or DataType.Int16 or DataType.Float16 or DataType.Bfloat16 => 16,
        DataType.Float or DataType.Int32 or DataType.Uint32 => 32,
        DataType.Double or DataType.Int64 or DataType.Uint64 or DataType.Complex64 => 64,
        DataType.Complex128 => 128,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "has no fixed width"),
    };
}

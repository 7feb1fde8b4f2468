using System.Numerics;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Reads a vector of integers or keys, or one of them.</summary>
internal static class IntegerReader
{
    /// <summary>Whether a type's items can be read: an integer of up to 64 bits (signed) or 32 bits (unsigned), or a key of such a type.</summary>
    public static bool CanRead(DataViewType itemType)
        => Type.GetTypeCode(itemType.RawType) is TypeCode.Byte or TypeCode.SByte or TypeCode.Int16 or TypeCode.UInt16
            or TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int64
            && itemType is NumberDataViewType or KeyDataViewType;

    public static InputReader Create(DataViewRow row, DataViewSchema.Column column, InputColumn input)
    {
        var itemType = column.Type.GetItemType();
        bool isKey = itemType is KeyDataViewType;
        return Type.GetTypeCode(itemType.RawType) switch
        {
            TypeCode.Byte => new IntegerReader<byte>(VectorGetter.Of<byte>(row, column), input, isKey),
            TypeCode.SByte => new IntegerReader<sbyte>(VectorGetter.Of<sbyte>(row, column), input, isKey),
            TypeCode.Int16 => new IntegerReader<short>(VectorGetter.Of<short>(row, column), input, isKey),
            TypeCode.UInt16 => new IntegerReader<ushort>(VectorGetter.Of<ushort>(row, column), input, isKey),
            TypeCode.Int32 => new IntegerReader<int>(VectorGetter.Of<int>(row, column), input, isKey),
            TypeCode.UInt32 => new IntegerReader<uint>(VectorGetter.Of<uint>(row, column), input, isKey),
            _ => new IntegerReader<long>(VectorGetter.Of<long>(row, column), input, isKey),
        };
    }
}

/// <inheritdoc cref="IntegerReader"/>
internal sealed class IntegerReader<T>(ValueGetter<VBuffer<T>> getter, InputColumn input, bool isKey) : InputReader
    where T : struct, IBinaryInteger<T>
{
    private VBuffer<T> _buffer;

    public override InputValue Read()
    {
        getter(ref _buffer);
        if (_buffer.Length == 0) throw new InvalidDataException("is empty");
        if (!input.IsVariable && _buffer.Length != input.Size)
        {
            throw new InvalidDataException($"has {_buffer.Length} values where {input.Size} ({Shapes.Format(input.Shape)}) are needed");
        }

        long[] values = new long[_buffer.Length];
        foreach (var (index, value) in _buffer.Items(all: true)) values[index] = long.CreateChecked(value) - (isKey ? 1 : 0);
        int missing = isKey ? Array.IndexOf(values, -1L) : -1;
        if (missing >= 0) throw new InvalidDataException($"has a missing key at index {missing}");
        return new InputValue(values, input.IsVariable ? [values.Length] : input.Shape);
    }
}

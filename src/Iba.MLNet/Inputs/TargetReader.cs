using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Reads the class to explain from a label column: an integer, or a key less one.</summary>
internal abstract class TargetReader
{
    /// <summary>The current row's class, at least 0.</summary>
    /// <exception cref="InvalidDataException">The label is missing or negative.</exception>
    public abstract long Read();

    public static TargetReader Create(DataViewRow row, DataViewSchema.Column column)
    {
        bool isKey = column.Type is KeyDataViewType;
        return Type.GetTypeCode(column.Type.RawType) switch
        {
            TypeCode.Byte => new TargetReader<byte>(row.GetGetter<byte>(column), isKey),
            TypeCode.SByte => new TargetReader<sbyte>(row.GetGetter<sbyte>(column), isKey),
            TypeCode.Int16 => new TargetReader<short>(row.GetGetter<short>(column), isKey),
            TypeCode.UInt16 => new TargetReader<ushort>(row.GetGetter<ushort>(column), isKey),
            TypeCode.Int32 => new TargetReader<int>(row.GetGetter<int>(column), isKey),
            TypeCode.UInt32 => new TargetReader<uint>(row.GetGetter<uint>(column), isKey),
            _ => new TargetReader<long>(row.GetGetter<long>(column), isKey),
        };
    }
}

/// <inheritdoc cref="TargetReader"/>
internal sealed class TargetReader<T>(ValueGetter<T> getter, bool isKey) : TargetReader
    where T : struct, IBinaryInteger<T>
{
    private T _value;

    public override long Read()
    {
        getter(ref _value);
        if (isKey && T.IsZero(_value)) throw new InvalidDataException("has a missing key where the class to explain is needed");
        long target = long.CreateChecked(_value) - (isKey ? 1 : 0);
        return target >= 0 ? target : throw new InvalidDataException($"is {target}; a class is at least 0");
    }
}

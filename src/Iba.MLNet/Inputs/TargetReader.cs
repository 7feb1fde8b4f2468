using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>
/// Reads the class to explain from a label column: an integer or a key. A key counts from 1, unless its values are texts that are all among
/// the class names: then the name decides.
/// </summary>
internal abstract class TargetReader
{
    /// <summary>The current row's class, at least 0.</summary>
    /// <exception cref="InvalidDataException">The label is missing or negative.</exception>
    public abstract long Read();

    /// <param name="row">The cursor.</param>
    /// <param name="column">The label column.</param>
    /// <param name="classNames">The names of the classes; null: there are none.</param>
    public static TargetReader Create(DataViewRow row, DataViewSchema.Column column, IReadOnlyList<string>? classNames)
    {
        int[]? classes = column.Type is KeyDataViewType ? KeyClasses(column, classNames) : null;
        return Type.GetTypeCode(column.Type.RawType) switch
        {
            TypeCode.Byte => new TargetReader<byte>(row.GetGetter<byte>(column), classes),
            TypeCode.SByte => new TargetReader<sbyte>(row.GetGetter<sbyte>(column), classes),
            TypeCode.Int16 => new TargetReader<short>(row.GetGetter<short>(column), classes),
            TypeCode.UInt16 => new TargetReader<ushort>(row.GetGetter<ushort>(column), classes),
            TypeCode.Int32 => new TargetReader<int>(row.GetGetter<int>(column), classes),
            TypeCode.UInt32 => new TargetReader<uint>(row.GetGetter<uint>(column), classes),
            _ => new TargetReader<long>(row.GetGetter<long>(column), classes),
        };
    }

    /// <summary>The class of each key, by its name or else by its number; for keys beyond the list, by their number.</summary>
    private static int[] KeyClasses(DataViewSchema.Column column, IReadOnlyList<string>? classNames)
    {
        if (classNames == null || classNames.Distinct().Count() < classNames.Count || !HasTextKeys(column)) return [];
        VBuffer<ReadOnlyMemory<char>> keys = default;
        column.GetKeyValues(ref keys);
        var named = classNames.Select((name, index) => (name, index)).ToDictionary();
        int[] classes = keys.DenseValues().Select(key => named.GetValueOrDefault(key.ToString(), -1)).ToArray();
        return classes.Contains(-1) ? [] : classes;
    }

    private static bool HasTextKeys(DataViewSchema.Column column)
        => column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is VectorDataViewType { ItemType: TextDataViewType };
}

/// <inheritdoc cref="TargetReader"/>
internal sealed class TargetReader<T>(ValueGetter<T> getter, int[]? keyClasses) : TargetReader
    where T : struct, IBinaryInteger<T>
{
    private T _value;

    public override long Read()
    {
        getter(ref _value);
        long target = long.CreateChecked(_value);
        if (keyClasses != null)
        {
            if (target == 0) throw new InvalidDataException("has a missing key where the class to explain is needed");
            return target <= keyClasses.Length ? keyClasses[target - 1] : target - 1;
        }

        return target >= 0 ? target : throw new InvalidDataException($"is {target}; a class is at least 0");
    }
}

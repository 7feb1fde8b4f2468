using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>
/// Reads the class to explain from a label column: a number is the class, a text its name, and a key whatever its value is. Keys without
/// values count from 1.
/// </summary>
internal abstract class TargetReader
{
    /// <summary>The current row's class: one that the network has.</summary>
    /// <exception cref="InvalidDataException">The label is missing, or stands for no class.</exception>
    public abstract long Read();

    /// <param name="row">The cursor.</param>
    /// <param name="column">The label column, one that <see cref="LabelColumn.Check"/> let pass.</param>
    /// <param name="classes">The network's classes.</param>
    public static TargetReader Create(DataViewRow row, DataViewSchema.Column column, LabelClasses classes)
    {
        if (column.Type is not KeyDataViewType key) return LabelColumn.Use(column.Type, classes, new Values(row, column));
        var toClass = LabelColumn.KeyValueType(column) is { } type
            ? LabelColumn.Use(type, classes, new KeyValues(column))
            : index => classes.OfNumber(index);
        return Type.GetTypeCode(key.RawType) switch
        {
            TypeCode.Byte => Keys<byte>(),
            TypeCode.UInt16 => Keys<ushort>(),
            TypeCode.UInt32 => Keys<uint>(),
            _ => Keys<ulong>(),
        };

        TargetReader Keys<T>()
            where T : struct, IBinaryInteger<T> => new TargetReader<T>(row.GetGetter<T>(column), value => Key(long.CreateChecked(value)));

        long Key(long number) => number > 0 ? toClass(number - 1) : throw new InvalidDataException("has a missing key where the class to explain is needed");
    }

    /// <summary>Reads a column's own values.</summary>
    private sealed class Values(DataViewRow row, DataViewSchema.Column column) : LabelColumn.IUse<TargetReader>
    {
        public TargetReader With<T>(Func<T, long> toClass) => new TargetReader<T>(row.GetGetter<T>(column), toClass);
    }

    /// <summary>Looks up what keys, counted from 0, stand for.</summary>
    private sealed class KeyValues(DataViewSchema.Column column) : LabelColumn.IUse<Func<long, long>>
    {
        public Func<long, long> With<T>(Func<T, long> toClass)
        {
            VBuffer<T> buffer = default;
            column.Annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref buffer);
            var values = buffer.DenseValues().ToArray();
            return index => index < values.Length ? toClass(values[index]) : throw new InvalidDataException($"has key {index + 1} of {values.Length}");
        }
    }
}

/// <inheritdoc cref="TargetReader"/>
/// <typeparam name="T">The type of the column's values.</typeparam>
internal sealed class TargetReader<T>(ValueGetter<T> getter, Func<T, long> toClass) : TargetReader
{
    private T _value = default!;

    public override long Read()
    {
        getter(ref _value);
        return toClass(_value);
    }
}

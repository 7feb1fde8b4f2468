using System.Globalization;
using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Reads what a cursor's current row is called in messages. Never throws: a row without a name has its position.</summary>
internal sealed class RowIdentityReader
{
    private const int MostCharacters = 200;

    private readonly DataViewRow _row;
    private readonly Func<string?>? _name;

    /// <param name="row">The cursor.</param>
    /// <param name="columnName">The column that names rows. Null, not there, not active, or of another type: rows have their positions alone.</param>
    public RowIdentityReader(DataViewRow row, string? columnName)
    {
        _row = row;
        if (columnName != null && row.Schema.GetColumnOrNull(columnName) is { } column && row.IsColumnActive(column)) _name = NameOf(row, column);
    }

    /// <summary>Whether values of a type can name rows: text, an integer or a key.</summary>
    public static bool CanRead(DataViewType type) => type is TextDataViewType || IntegerReader.CanRead(type) || type.RawType == typeof(ulong);

    /// <summary>The current row's identity.</summary>
    public RowIdentity Read()
    {
        try
        {
            string? name = _name?.Invoke();
            if (string.IsNullOrWhiteSpace(name)) name = null;
            return new RowIdentity(_row.Position, name?.Length > MostCharacters ? $"...{name[^MostCharacters..]}" : name);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // What is wrong with the row is said by whoever reads the columns that matter.
            return new RowIdentity(_row.Position, null);
        }
    }

    private static Func<string?>? NameOf(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is TextDataViewType)
        {
            var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> text = default;
            return () =>
            {
                getter(ref text);
                return text.ToString();
            };
        }

        if (!CanRead(column.Type)) return null;
        string[]? keys = column.Type is KeyDataViewType ? TextKeys(column) : null;
        bool isKey = column.Type is KeyDataViewType;
        return Type.GetTypeCode(column.Type.RawType) switch
        {
            TypeCode.Byte => Number<byte>(row, column, isKey, keys),
            TypeCode.SByte => Number<sbyte>(row, column, isKey, keys),
            TypeCode.Int16 => Number<short>(row, column, isKey, keys),
            TypeCode.UInt16 => Number<ushort>(row, column, isKey, keys),
            TypeCode.Int32 => Number<int>(row, column, isKey, keys),
            TypeCode.UInt32 => Number<uint>(row, column, isKey, keys),
            TypeCode.UInt64 => Number<ulong>(row, column, isKey, keys),
            _ => Number<long>(row, column, isKey, keys),
        };
    }

    private static Func<string?> Number<T>(DataViewRow row, DataViewSchema.Column column, bool isKey, string[]? keys)
        where T : struct, IBinaryInteger<T>
    {
        var getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            if (isKey && T.IsZero(value)) return null;
            if (keys == null) return value.ToString(null, CultureInfo.InvariantCulture);
            return keys[int.CreateChecked(value) - 1];
        };
    }

    private static string[]? TextKeys(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is not VectorDataViewType { ItemType: TextDataViewType }) return null;
        VBuffer<ReadOnlyMemory<char>> keys = default;
        column.GetKeyValues(ref keys);
        return keys.DenseValues().Select(key => key.ToString()).ToArray();
    }
}

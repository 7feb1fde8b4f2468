using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Jobs;

/// <summary>A column of a <see cref="TableView"/>: which values it takes, and how ML.NET gets them.</summary>
internal abstract class TableColumn(string name, DataViewType type)
{
    /// <summary>The column's name.</summary>
    public string Name => name;

    /// <summary>Its type in ML.NET.</summary>
    public DataViewType Type => type;

    /// <summary>A column of a type, if its values can be handed on: texts, numbers and truth values, and vectors of them.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <exception cref="NotSupportedException">They cannot.</exception>
    public static TableColumn Create(string name, DataViewType type)
    {
        if (type is KeyDataViewType or VectorDataViewType { ItemType: KeyDataViewType }) throw Unsupported(name, type);
        var item = type is VectorDataViewType vector ? vector.ItemType : type;
        return item switch
        {
            TextDataViewType => new TextColumn(name, type),
            BooleanDataViewType => new ValueColumn<bool>(name, type, Convert.ToBoolean),
            _ when item == NumberDataViewType.Single => new ValueColumn<float>(name, type, Convert.ToSingle),
            _ when item == NumberDataViewType.Double => new ValueColumn<double>(name, type, Convert.ToDouble),
            _ when item == NumberDataViewType.Byte => new ValueColumn<byte>(name, type, Convert.ToByte),
            _ when item == NumberDataViewType.Int16 => new ValueColumn<short>(name, type, Convert.ToInt16),
            _ when item == NumberDataViewType.Int32 => new ValueColumn<int>(name, type, Convert.ToInt32),
            _ when item == NumberDataViewType.Int64 => new ValueColumn<long>(name, type, Convert.ToInt64),
            _ when item == NumberDataViewType.UInt32 => new ValueColumn<uint>(name, type, Convert.ToUInt32),
            _ => throw Unsupported(name, type),
        };
    }

    /// <summary>A getter of the current row's value.</summary>
    /// <param name="current">Gives what the table has at the current row: null, a value, or an array of values.</param>
    public abstract Delegate MakeGetter(Func<object?> current);

    private static NotSupportedException Unsupported(string name, DataViewType type)
        => new($"The model reads column '{name}' as {type}, which a job cannot hand it from a Parquet file; it can hand on texts, numbers, truth values and vectors of them. " +
            "Save the rows with mlContext.Data.SaveAsBinary and make the job from that file.");

    private sealed class TextColumn(string name, DataViewType type) : TableColumn(name, type)
    {
        public override Delegate MakeGetter(Func<object?> current)
        {
            if (Type is not VectorDataViewType) return (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = Text(current()));
            return (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) =>
            {
                ReadOnlyMemory<char>[] texts = [.. ((Array?)current() ?? Array.Empty<string>()).Cast<object?>().Select(Text)];
                value = new VBuffer<ReadOnlyMemory<char>>(texts.Length, texts);
            });

            static ReadOnlyMemory<char> Text(object? value) => (value as string).AsMemory();
        }
    }

    private sealed class ValueColumn<T>(string name, DataViewType type, Func<object, T> convert) : TableColumn(name, type)
        where T : struct
    {
        public override Delegate MakeGetter(Func<object?> current)
        {
            if (Type is not VectorDataViewType vector) return (ValueGetter<T>)((ref T value) => value = One(current()));
            return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
            {
                var values = current() switch
                {
                    null => Array.Empty<T>(),
                    T[] same => same,
                    Array others => others.Cast<object?>().Select(One).ToArray(),
                    var single => [One(single)],
                };
                if (vector.IsKnownSize && values.Length != vector.Size)
                {
                    throw new InvalidDataException($"has {values.Length} values in column '{Name}' where the model takes {vector.Size}");
                }

                value = new VBuffer<T>(values.Length, values);
            });
        }

        private T One(object? value)
        {
            if (value != null) return Converted(value);
            if (typeof(T) == typeof(float)) return (T)(object)float.NaN;
            if (typeof(T) == typeof(double)) return (T)(object)double.NaN;
            throw new InvalidDataException($"has nothing in column '{Name}'");
        }

        // Numbers stay what they are, or are refused: 3.7 is no class, 300 no byte, and '3' no number.
        private T Converted(object value)
        {
            try
            {
                bool isWhole = value is not (float or double or decimal) || typeof(T) == typeof(float) || typeof(T) == typeof(double)
                    || Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && Math.Floor(number) == number;
                if (value is not string && isWhole) return convert(value);
            }
            catch (Exception failure) when (failure is OverflowException or InvalidCastException or FormatException)
            {
                // Said below.
            }

            throw new InvalidDataException(
                $"has {Convert.ToString(value, CultureInfo.InvariantCulture)} ({value.GetType().Name}) in column '{Name}' where the model takes {typeof(T).Name}");
        }
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Reads a column as a vector: a single value is a vector of one.</summary>
internal static class VectorGetter
{
    /// <typeparam name="T">The type of a value.</typeparam>
    /// <param name="row">The cursor; the column must be active.</param>
    /// <param name="column">The column.</param>
    public static ValueGetter<VBuffer<T>> Of<T>(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType) return row.GetGetter<VBuffer<T>>(column);
        var getter = row.GetGetter<T>(column);
        T value = default!;
        return (ref VBuffer<T> vector) =>
        {
            getter(ref value);
            var editor = VBufferEditor.Create(ref vector, 1);
            editor.Values[0] = value;
            vector = editor.Commit();
        };
    }
}

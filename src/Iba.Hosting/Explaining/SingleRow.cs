using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Hosting;

/// <summary>Views of one row with one column, whose name is known only when the program runs.</summary>
internal static class SingleRow
{
    /// <summary>A row with a text.</summary>
    public static IDataView Of(MLContext context, string column, string text)
    {
        var definition = SchemaDefinition.Create(typeof(TextRow));
        definition[nameof(TextRow.Value)].ColumnName = column;
        return context.Data.LoadFromEnumerable([new TextRow { Value = text }], definition);
    }

    /// <summary>A row with bytes, as integers.</summary>
    /// <param name="context">Makes the view.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="values">The bytes.</param>
    /// <param name="isVariable">Whether rows may have other lengths.</param>
    public static IDataView Of(MLContext context, string column, byte[] values, bool isVariable)
    {
        var definition = SchemaDefinition.Create(typeof(IntegerRow));
        var value = definition[nameof(IntegerRow.Value)];
        (value.ColumnName, value.ColumnType) = (column, new VectorDataViewType(NumberDataViewType.Int32, isVariable ? 0 : values.Length));
        return context.Data.LoadFromEnumerable([new IntegerRow { Value = Array.ConvertAll(values, one => (int)one) }], definition);
    }

    private sealed class TextRow
    {
        public string Value { get; set; } = "";
    }

    private sealed class IntegerRow
    {
        public int[] Value { get; set; } = [];
    }
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>What a column of token ids says about padding: the id that its tokenizer pads with.</summary>
internal static class PaddingAnnotation
{
    private const string Kind = "PaddingId";

    /// <summary>The id that a column says; null: it says none.</summary>
    public static long? Of(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(Kind)?.Type != NumberDataViewType.Int64) return null;
        long id = 0;
        column.Annotations.GetValue(Kind, ref id);
        return id;
    }

    /// <summary>The annotation; null for no id.</summary>
    public static DataViewSchema.Annotations? Make(long? id)
    {
        if (id is not { } known) return null;
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(Kind, NumberDataViewType.Int64, (ref long value) => value = known);
        return annotations.ToAnnotations();
    }

    /// <summary>What is promised of it.</summary>
    public static SchemaShape? Promise(long? id)
        => id == null ? null : new SchemaShape([new SchemaShape.Column(Kind, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Int64, false)]);
}

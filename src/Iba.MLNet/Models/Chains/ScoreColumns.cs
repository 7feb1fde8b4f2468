using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>The columns that a classifier adds, and what its classes are called.</summary>
/// <param name="All">The columns' names.</param>
/// <param name="Score">The one of the scores.</param>
/// <param name="PredictedLabel">The key of the predicted class; null: there is none.</param>
/// <param name="ClassNames">The values of the label's keys in training, in order; null: the label had none.</param>
internal sealed record ScoreColumns(IReadOnlyList<string> All, string Score, string? PredictedLabel, IReadOnlyList<string>? ClassNames)
{
    /// <summary>Those of predictors that are not looked into.</summary>
    public static readonly ScoreColumns Usual = new([DefaultColumnNames.Score, DefaultColumnNames.PredictedLabel, DefaultColumnNames.Probability], DefaultColumnNames.Score, null, null);

    /// <param name="step">The classifier.</param>
    /// <param name="features">The column that it was trained on.</param>
    public static ScoreColumns Of(ITransformer step, DataViewSchema.Column features)
    {
        // Among other columns those that are added would stand beside older ones of their names.
        var alone = new DataViewSchema.Builder();
        alone.AddColumn(features.Name, features.Type, features.Annotations);
        var added = step.GetOutputSchema(alone.ToSchema()).Skip(1).ToArray();
        var keys = added.Where(column => column.Type is KeyDataViewType).ToArray();
        var scores = added.First(column => column.Type is NumberDataViewType or VectorDataViewType { ItemType: NumberDataViewType });
        return new ScoreColumns(
            added.Select(column => column.Name).ToArray(),
            scores.Name,
            keys.FirstOrDefault().Name,
            keys.Select(KeyValues).FirstOrDefault());
    }

    private static string[]? KeyValues(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is not VectorDataViewType type) return null;
        return Type.GetTypeCode(type.ItemType.RawType) switch
        {
            TypeCode.Boolean => Read<bool>(column),
            TypeCode.Byte => Read<byte>(column),
            TypeCode.SByte => Read<sbyte>(column),
            TypeCode.Int16 => Read<short>(column),
            TypeCode.UInt16 => Read<ushort>(column),
            TypeCode.Int32 => Read<int>(column),
            TypeCode.UInt32 => Read<uint>(column),
            TypeCode.Int64 => Read<long>(column),
            TypeCode.UInt64 => Read<ulong>(column),
            TypeCode.Single => Read<float>(column),
            TypeCode.Double => Read<double>(column),
            _ when type.ItemType is TextDataViewType => Read<ReadOnlyMemory<char>>(column),
            _ => null,
        };
    }

    private static string[] Read<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref values);
        return values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").ToArray();
    }
}

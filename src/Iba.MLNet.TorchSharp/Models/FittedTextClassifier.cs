using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.TorchSharp.NasBert;
using Microsoft.ML.TorchSharp.NasBert.Models;

namespace Iba.MLNet.TorchSharp;

/// <summary>What a fitted <see cref="TextClassificationTransformer"/> holds.</summary>
/// <param name="Host">Its host, for what is made beside it.</param>
/// <param name="Module">Its network; the transformer's finalizer disposes it.</param>
/// <param name="TextColumn">The text column that it reads.</param>
/// <param name="ScoreColumn">The column of its logits.</param>
/// <param name="PredictedLabelColumn">The key column of the predicted class.</param>
/// <param name="ClassNames">The values of the label's key, in the network's order; null: the label has none.</param>
internal sealed record FittedTextClassifier(
    IHost Host, NasBertModel Module, string TextColumn, string ScoreColumn, string PredictedLabelColumn, IReadOnlyList<string>? ClassNames)
{
    public static FittedTextClassifier Of(TextClassificationTransformer classifier)
    {
        var module = (NasBertModel)TransformerParts<uint, long>.Module(classifier);
        var options = classifier.Options;
        return new(
            TransformerParts<uint, long>.Host(classifier), module, classifier.SentenceColumn.Name, options.ScoreColumnName, options.PredictionColumnName,
            KeyValues(classifier.LabelColumn.Annotations, options.NumberOfClasses));
    }

    // A key may name more classes than the training rows had, and the network knows those of the rows alone.
    private static string[]? KeyValues(DataViewSchema.Annotations annotations, int classes)
    {
        if (annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is not VectorDataViewType type || type.Size != classes) return null;
        return type.ItemType is TextDataViewType ? Read<ReadOnlyMemory<char>>(annotations)
            : Type.GetTypeCode(type.ItemType.RawType) switch
            {
                TypeCode.Byte => Read<byte>(annotations),
                TypeCode.SByte => Read<sbyte>(annotations),
                TypeCode.Int16 => Read<short>(annotations),
                TypeCode.UInt16 => Read<ushort>(annotations),
                TypeCode.Int32 => Read<int>(annotations),
                TypeCode.UInt32 => Read<uint>(annotations),
                TypeCode.Int64 => Read<long>(annotations),
                TypeCode.UInt64 => Read<ulong>(annotations),
                TypeCode.Single => Read<float>(annotations),
                TypeCode.Double => Read<double>(annotations),
                TypeCode.Boolean => Read<bool>(annotations),
                _ => null,
            };
    }

    private static string[] Read<T>(DataViewSchema.Annotations annotations)
    {
        VBuffer<T> values = default;
        annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref values);
        return values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").ToArray();
    }
}

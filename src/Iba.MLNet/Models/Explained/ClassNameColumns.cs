using System.Globalization;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>The names of a classifier's classes as the columns of its model have them: slots of the scores, or values of the predicted key.</summary>
internal static class ClassNameColumns
{
    private static readonly string[] ScoreAnnotations = [AnnotationUtils.Kinds.SlotNames, AnnotationUtils.Kinds.TrainingLabelValues];

    private static readonly MethodInfo ReadMethod = typeof(ClassNameColumns).GetMethod(nameof(Read), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Whether columns of such a shape have names.</summary>
    public static bool Promise(SchemaShape shape, ModelClassifier classifier)
        => Places(classifier).Any(place => shape.TryFindColumn(place.Column, out var column) && column.Annotations.TryFindColumn(place.Annotation, out _));

    /// <summary>The names that columns have, in the order of the classes; null: none.</summary>
    public static IReadOnlyList<string>? Find(DataViewSchema schema, ModelClassifier classifier)
    {
        foreach (var (name, annotation) in Places(classifier))
        {
            if (schema.GetColumnOrNull(name) is not { } column || column.Annotations.Schema.GetColumnOrNull(annotation)?.Type is not VectorDataViewType { Size: > 0 } type) continue;
            return (string[])ReadMethod.MakeGenericMethod(type.ItemType.RawType).Invoke(null, [column, annotation])!;
        }

        return null;
    }

    private static IEnumerable<(string Column, string Annotation)> Places(ModelClassifier classifier)
    {
        foreach (string annotation in ScoreAnnotations) yield return (classifier.ScoreColumnName, annotation);
        if (classifier.PredictedLabelColumnName is { } predicted) yield return (predicted, AnnotationUtils.Kinds.KeyValues);
    }

    private static string[] Read<T>(DataViewSchema.Column column, string annotation)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(annotation, ref values);
        return values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").ToArray();
    }
}

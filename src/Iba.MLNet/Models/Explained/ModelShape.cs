using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Data.DataLoadSave;
using Microsoft.ML.Runtime;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace Iba.MLNet;

/// <summary>What a fitted model makes of columns of which only kind and type are known, not the sizes.</summary>
internal static class ModelShape
{
    /// <summary>How ML.NET's messages begin where a column is missing; another message is about a size that was made up.</summary>
    private const string IsMissing = "Could not find";

    /// <summary>The columns behind the model, as far as they can be told.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="model">The model.</param>
    /// <param name="classifier">The model's classifier.</param>
    /// <param name="input">The columns that the model gets.</param>
    /// <returns>The columns, and whether they are all known: made-up sizes do not fit every step.</returns>
    /// <exception cref="ArgumentException">A column that the model reads is not there.</exception>
    public static (SchemaShape Columns, bool AreKnown) Of(IHost host, ITransformer model, ModelClassifier classifier, SchemaShape input)
    {
        var schema = WithSizes(FakeSchemaFactory.Create(input), classifier);
        try
        {
            schema = model.GetOutputSchema(schema);
            return (SchemaShape.Create(classifier.Preparation?.GetOutputSchema(schema) ?? schema), true);
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException)
        {
            bool isScored = Has(input, classifier.ScoreColumnName) && (classifier.Preparation != null || Has(input, classifier.InputColumnName));
            string reason = failure.Message.Split(" (Parameter", 2)[0];
            if (!isScored && reason.StartsWith(IsMissing, StringComparison.Ordinal))
            {
                throw host.ExceptUserArg(
                    nameof(AttributionOptions.Model),
                    $"The model cannot be run on this data: {reason}. The data has the columns {string.Join(", ", input.Select(column => $"'{column.Name}'"))}. Give it the columns that " +
                    "the model was fitted on, or what the model makes of them.");
            }

            return (isScored ? input : Add(input, Known(classifier)), false);
        }
    }

    // Made-up sizes fit most steps. The network knows the size that it takes.
    private static DataViewSchema WithSizes(DataViewSchema schema, ModelClassifier classifier)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in schema)
        {
            bool isInput = column.Name == classifier.InputColumnName && column.Type is VectorDataViewType { IsKnownSize: true };
            builder.AddColumn(column.Name, isInput && Size(classifier) is { } size ? new VectorDataViewType((PrimitiveDataViewType)column.Type.GetItemType(), size) : column.Type, column.Annotations);
        }

        return builder.ToSchema();
    }

    private static int[]? Size(ModelClassifier classifier)
    {
        var network = classifier.Network;
        var shape = network.Inputs.FirstOrDefault(input => input.Name == classifier.InputName)?.Shape ?? network.Inputs[0].Shape;
        return shape.Count < 2 || TrialSizes.AreOpen(shape) ? null : shape.Skip(1).Select(size => (int)size).ToArray();
    }

    private static IEnumerable<SchemaShape.Column> Known(ModelClassifier classifier)
    {
        yield return new(classifier.ScoreColumnName, VectorKind.Vector, NumberDataViewType.Single, false);
        if (classifier.PredictedLabelColumnName is not { } predicted) yield break;
        var values = new SchemaShape([new(AnnotationUtils.Kinds.KeyValues, VectorKind.Vector, TextDataViewType.Instance, false)]);
        yield return new(predicted, VectorKind.Scalar, NumberDataViewType.UInt32, true, values);
    }

    private static SchemaShape Add(SchemaShape shape, IEnumerable<SchemaShape.Column> added)
    {
        var columns = shape.ToDictionary(column => column.Name);
        foreach (var column in added) columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    private static bool Has(SchemaShape shape, string name) => shape.TryFindColumn(name, out _);
}

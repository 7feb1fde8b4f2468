using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>Follows a column through the steps of a model.</summary>
internal static class ColumnTrace
{
    /// <summary>The step that writes over a column after the classifier read it; null: none, or the steps do not show it.</summary>
    /// <param name="steps">The model's steps.</param>
    /// <param name="schema">The columns that the model gets.</param>
    /// <param name="read">A column that the classifier reads.</param>
    /// <param name="scores">The column that it writes its scores to.</param>
    public static ITransformer? Overwriter(IEnumerable<ITransformer> steps, DataViewSchema schema, string read, string scores)
    {
        int? indexRead = null;
        ITransformer? overwriter = null;
        foreach (var step in steps)
        {
            var after = step.GetOutputSchema(schema);
            // A column is the same one before and after a step only where the step adds to what is there.
            if (after.Count < schema.Count || schema.Any(column => after[column.Index].Name != column.Name)) return null;
            bool classifies = after.GetColumnOrNull(scores) is { } written && written.Index >= schema.Count;
            if (classifies)
            {
                indexRead = schema.GetColumnOrNull(read)?.Index;
                overwriter = null;
            }
            else if (overwriter == null && indexRead != null && after.GetColumnOrNull(read)?.Index != indexRead)
            {
                overwriter = step;
            }

            schema = after;
        }

        return overwriter;
    }
}

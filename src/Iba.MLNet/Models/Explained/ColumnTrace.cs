using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>Follows a column through the steps of a model.</summary>
internal static class ColumnTrace
{
    /// <summary>The columns that a step adds to others.</summary>
    /// <param name="before">The columns that it gets.</param>
    /// <param name="after">The columns that come out.</param>
    public static IEnumerable<DataViewSchema.Column> Added(DataViewSchema before, DataViewSchema after)
        => after.Where(column => !column.IsHidden && Count(after, column.Name) > Count(before, column.Name));

    /// <summary>The step that writes over a column after the classifier read it; null: none.</summary>
    /// <param name="steps">The model's steps.</param>
    /// <param name="schema">The columns that the model gets.</param>
    /// <param name="read">A column that the classifier reads.</param>
    /// <param name="scores">The column that it writes its scores to.</param>
    public static ITransformer? Overwriter(IEnumerable<ITransformer> steps, DataViewSchema schema, string read, string scores)
    {
        bool isRead = false;
        ITransformer? overwriter = null;
        foreach (var step in steps)
        {
            var after = step.GetOutputSchema(schema);
            if (Count(after, scores) > Count(schema, scores)) (isRead, overwriter) = (true, null);
            else if (isRead && Count(after, read) > Count(schema, read)) overwriter ??= step;
            schema = after;
        }

        return overwriter;
    }

    // A column that is written over stays, hidden, where it was; the new one comes behind it, not behind all others.
    private static int Count(DataViewSchema schema, string name) => schema.Count(column => column.Name == name);
}

using Iba.Jobs;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Cli;

/// <summary>The rows of a source with the columns that a model reads.</summary>
internal static class EvaluatedRows
{
    /// <summary>Makes the view.</summary>
    /// <param name="context">Reads files of its own format.</param>
    /// <param name="model">The model.</param>
    /// <param name="source">The source.</param>
    /// <param name="most">At most so many rows: of pictures evenly out of all, of tables the first.</param>
    /// <exception cref="JobException">The model does not take pictures by paths.</exception>
    public static IDataView Of(MLContext context, JobModel model, JobSource source, int most)
    {
        if (source.Kind == SourceKind.Binary) return context.Data.LoadFromBinary(source.Location);
        if (source.Kind == SourceKind.Parquet)
        {
            var there = ParquetRows.ColumnNames(source.Location).ToHashSet();
            var known = (model.Inputs ?? Enumerable.Empty<DataViewSchema.Column>()).Where(column => !column.IsHidden && there.Contains(column.Name));
            TableColumn[] columns = [.. known.Select(column => TableColumn.Create(column.Name, column.Type))];
            return new TableView(columns, () => ParquetRows.Read(source.Location, [.. columns.Select(column => column.Name)], 0, most));
        }

        string path = model.Explainer.Settings.Input.PathColumnName ?? throw new JobException("The model takes no pictures by their paths: give it a table (.parquet, .idv).");
        string[] files = MeasuredRows.Evenly([.. source.Read(hash: false).Select(input => Path.Combine(source.Location, input.Uri))], most);
        return new TableView([TableColumn.Create(path, TextDataViewType.Instance)], () => files.Select(file => new object?[] { file }));
    }
}

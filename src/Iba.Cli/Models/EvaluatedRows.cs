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
    /// <param name="boxes">Where the objects of pictures are; null: not known.</param>
    /// <param name="boxesColumn">A table's column that says it; null: none.</param>
    /// <param name="cancellation">Ends it before the next row; not in ML.NET's binary format.</param>
    /// <exception cref="JobException">The model does not take pictures by paths.</exception>
    /// <exception cref="UsageException">Boxes are given in a way that does not go with the source.</exception>
    public static IDataView Of(MLContext context, JobModel model, JobSource source, int most, ObjectBoxes? boxes, string? boxesColumn, CancellationToken cancellation)
    {
        if (source.Kind == SourceKind.Pictures && boxesColumn != null) throw new UsageException("--boxes-column is a column of a table: give the boxes of pictures in a file, with --boxes.");
        if (source.Kind != SourceKind.Pictures && boxes != null) throw new UsageException("--boxes are of picture files: name the table's column with --boxes-column.");
        if (source.Kind == SourceKind.Binary) return context.Data.LoadFromBinary(source.Location);
        if (source.Kind == SourceKind.Parquet)
        {
            var there = ParquetRows.ColumnNames(source.Location).ToHashSet();
            if (boxesColumn != null && !there.Contains(boxesColumn)) throw new UsageException($"'{source.Location}' has no column '{boxesColumn}'; it has {string.Join(", ", there.Order(StringComparer.Ordinal))}.");
            var known = (model.Inputs ?? Enumerable.Empty<DataViewSchema.Column>()).Where(column => !column.IsHidden && there.Contains(column.Name) && column.Name != boxesColumn);
            TableColumn[] columns = [.. known.Select(column => TableColumn.Create(column.Name, column.Type)), .. boxesColumn == null ? [] : new[] { TableColumn.Create(boxesColumn, ObjectBoxes.Type) }];
            return new TableView(columns, () => Until(ParquetRows.Read(source.Location, [.. columns.Select(column => column.Name)], 0, most), cancellation));
        }

        string path = model.Explainer.Settings.Input.PathColumnName ?? throw new JobException("The model takes no pictures by their paths: give it a table (.parquet, .idv).");
        string[] names = MeasuredRows.Evenly([.. source.Read(hash: false).Select(input => input.Uri)], most);
        TableColumn[] paths = [TableColumn.Create(path, TextDataViewType.Instance), .. boxes == null ? [] : new[] { TableColumn.Create(ObjectBoxes.Column, ObjectBoxes.Type) }];
        return new TableView(paths, () => Until(names.Select(name => new object?[] { Path.Combine(source.Location, name), boxes?.Of(Path.Combine(source.Location, name)) }), cancellation));
    }

    private static IEnumerable<object?[]> Until(IEnumerable<object?[]> rows, CancellationToken cancellation) => rows.Select(row =>
    {
        cancellation.ThrowIfCancellationRequested();
        return row;
    });
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Jobs;

/// <summary>The rows of a plan as views with the columns that the model reads.</summary>
/// <param name="ml">Reads files of its own format.</param>
/// <param name="plan">The plan.</param>
/// <param name="inputs">The columns that the model was saved for; null: not known.</param>
/// <param name="source">Where the pictures or the table lie on this machine.</param>
internal sealed class RowViews(MLContext ml, JobPlan plan, DataViewSchema? inputs, string source)
{
    /// <summary>Whether rows are files of their own.</summary>
    public bool HasPictures => plan.PathColumn != null;

    /// <summary>Where a row's file lies on this machine.</summary>
    public string PathOf(JobInput input) => Path.Combine(source, input.Uri);

    /// <summary>A view of rows.</summary>
    /// <param name="rows">At least one; those of a table follow each other.</param>
    /// <exception cref="JobException">The rows do not fit the model.</exception>
    public IDataView Of(IReadOnlyList<JobInput> rows)
        => HasPictures ? Pictures(rows)
            : plan.SourceKind == nameof(SourceKind.Binary) ? Binary(rows[0].Row, rows.Count)
            : Parquet(rows[0].Row, rows.Count);

    private TableView Pictures(IReadOnlyList<JobInput> rows)
    {
        var paths = TableColumn.Create(plan.PathColumn!, TextDataViewType.Instance);
        TableColumn[] columns = plan.Targets switch
        {
            null => [paths],
            "number" => [paths, TableColumn.Create(RowColumns.Label, NumberDataViewType.Int32)],
            _ => [paths, TableColumn.Create(RowColumns.Label, TextDataViewType.Instance)],
        };
        return new TableView(columns, () => rows.Select(input => new object?[] { PathOf(input), Target(input) }));
    }

    // A number that stands for no class becomes its row's failure.
    private object? Target(JobInput input)
        => plan.Targets == "number" ? JobInput.TryNumber(input.Target, out int number) ? number : -1 : input.Target;

    private IDataView Binary(long first, int count)
    {
        var rows = ml.Data.LoadFromBinary(source);
        return ml.Data.TakeRows(first == 0 ? rows : ml.Data.SkipRows(rows, first), count);
    }

    private TableView Parquet(long first, int count)
    {
        var there = ParquetRows.ColumnNames(source).ToHashSet();
        var known = inputs ?? throw new JobException("The model was saved without its input columns, so that it is not known what to read of the Parquet file. Save it with them.");
        TableColumn[] columns = [.. known.Where(column => !column.IsHidden && there.Contains(column.Name)).Select(column => TableColumn.Create(column.Name, column.Type))];
        string[] names = [.. columns.Select(column => column.Name)];
        return new TableView(columns, () => ParquetRows.Read(source, names, first, count));
    }
}

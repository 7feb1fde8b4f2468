using Iba.Jobs;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Iba.Cli;

/// <summary>The rows of a source that a layer is measured on.</summary>
internal static class MeasuredRows
{
    /// <summary>Rows of a source: of pictures evenly out of all of them (folders are often in order of classes), of tables the first ones.</summary>
    /// <param name="context">Reads files of its own format.</param>
    /// <param name="source">The source.</param>
    /// <param name="network">The network, for whose input a table has a column.</param>
    /// <param name="column">The table's column; null: named as the network's input.</param>
    /// <param name="most">At most so many rows.</param>
    /// <param name="part">Of these rows the part with this number, from 0, of so many.</param>
    /// <returns>The rows, the column to explain, and how many rows there are.</returns>
    public static (IDataView Rows, string Column, long Count) Of(
        MLContext context, JobSource source, Network network, string? column, int most, (int Index, int Count)? part)
    {
        if (source.Kind == SourceKind.Pictures)
        {
            string[] paths = [.. Part(Evenly([.. source.Read(hash: false).Select(input => Path.Combine(source.Location, input.Uri))], most), part)];
            return (context.Data.LoadFromEnumerable(paths.Select(path => new PathRow { Path = path })), NetworkChoice.PathColumn, paths.Length);
        }

        long[] rows = [.. Part([.. source.Read(hash: false).Take(most).Select(input => input.Row)], part)];
        if (rows.Length == 0) throw new InvalidDataException($"'{source.Location}' has no rows to measure.");
        var input = network.Inputs[0];
        column ??= input.Name;
        if (source.Kind == SourceKind.Binary)
        {
            var view = context.Data.LoadFromBinary(source.Location);
            return (context.Data.TakeRows(rows[0] == 0 ? view : context.Data.SkipRows(view, rows[0]), rows.Length), column, rows.Length);
        }

        if (!ParquetRows.ColumnNames(source.Location).Contains(column))
        {
            throw new InvalidDataException($"'{source.Location}' has no column '{column}'; it has {string.Join(", ", ParquetRows.ColumnNames(source.Location))}. Name one with --column.");
        }

        int size = (int)input.Shape.Skip(1).Aggregate(1L, (product, length) => length < 0 ? 0 : product * length);
        bool isFloat = input.ElementType is torch.ScalarType.Float32 or torch.ScalarType.Float16 or torch.ScalarType.Float64;
        var type = new VectorDataViewType(isFloat ? NumberDataViewType.Single : NumberDataViewType.Int64, isFloat ? size : 0);
        return (new TableView([TableColumn.Create(column, type)], () => ParquetRows.Read(source.Location, [column], rows[0], rows.Length)), column, rows.Length);
    }

    /// <summary>The columns that a layer was measured on, as views of the same kind have them.</summary>
    public static DataViewSchema Schema(InputLayout input)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in input.Columns.Where(column => column.ColumnName != null).DistinctBy(column => column.ColumnName))
        {
            DataViewType type = column.Kind switch
            {
                InputKind.ImageFile => TextDataViewType.Instance,
                InputKind.Floats => new VectorDataViewType(NumberDataViewType.Single, (int)column.Size),
                InputKind.Integers => new VectorDataViewType(NumberDataViewType.Int64, column.IsVariable ? 0 : (int)column.Size),
                _ => throw new NotSupportedException($"Column '{column.ColumnName}' holds images, which no file has: measure paths of pictures."),
            };
            builder.AddColumn(column.ColumnName!, type);
        }

        return builder.ToSchema();
    }

    /// <summary>A part of a list, in its order: parts follow each other and leave nothing out.</summary>
    public static IEnumerable<T> Part<T>(IReadOnlyList<T> all, (int Index, int Count)? part)
    {
        if (part is not var (index, count)) return all;
        int first = (int)((long)all.Count * index / count), end = (int)((long)all.Count * (index + 1) / count);
        return all.Skip(first).Take(end - first);
    }

    /// <summary>Evenly chosen out of a list, in its order.</summary>
    public static string[] Evenly(string[] all, int most)
        => all.Length <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(long)i * all.Length / most])];

    internal sealed class PathRow
    {
        public string Path { get; set; } = "";
    }
}

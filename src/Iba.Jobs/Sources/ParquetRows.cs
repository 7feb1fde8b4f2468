using ParquetSharp;

namespace Iba.Jobs;

/// <summary>Reads a range of rows of a Parquet file, a row after the other.</summary>
internal static class ParquetRows
{
    private const int BufferRows = 64;

    /// <summary>The names of the columns at the top of a file.</summary>
    public static IReadOnlyList<string> ColumnNames(string path)
    {
        using var file = new ParquetFileReader(path);
        return [.. Leaves(file).Select(leaf => leaf.Name).Distinct()];
    }

    /// <summary>Rows, with a value for each of some columns: null, a value or an array.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The columns, which have one leaf each.</param>
    /// <param name="first">The number of the first row, from 0.</param>
    /// <param name="count">The number of rows.</param>
    public static IEnumerable<object?[]> Read(string path, IReadOnlyList<string> columns, long first, long count)
    {
        using var file = new ParquetFileReader(path);
        var leaves = Leaves(file).ToLookup(leaf => leaf.Name, leaf => leaf.Index);
        int[] indices = [.. columns.Select(name => leaves[name].ToArray() is [var index] ? index
            : throw new InvalidDataException($"Column '{name}' of '{path}' has {leaves[name].Count()} parts: a job reads columns of values and lists."))];
        long begin = 0, end = first + count;
        for (int group = 0; group < file.FileMetaData.NumRowGroups && begin < end; group++)
        {
            using var rows = file.RowGroup(group);
            long length = rows.MetaData.NumRows, from = Math.Max(first, begin), to = Math.Min(end, begin + length);
            if (from < to)
            {
                foreach (object?[] row in Read(rows, indices, from - begin, to - from)) yield return row;
            }

            begin += length;
        }
    }

    private static IEnumerable<object?[]> Read(RowGroupReader group, int[] columns, long skip, long count)
    {
        var readers = columns.Select(group.Column).ToArray();
        var logical = readers.Select(reader => reader.LogicalReader(BufferRows)).ToArray();
        var values = logical.Select(reader => reader.Apply(new Boxing())).Select(column => column.GetEnumerator()).ToArray();
        try
        {
            for (long i = 0; i < skip + count; i++)
            {
                object?[] row = new object?[values.Length];
                for (int column = 0; column < row.Length; column++)
                {
                    if (!values[column].MoveNext()) throw new InvalidDataException("The Parquet file has fewer rows than it says.");
                    row[column] = values[column].Current;
                }

                if (i >= skip) yield return row;
            }
        }
        finally
        {
            foreach (var column in values) column.Dispose();
            foreach (var reader in logical) reader.Dispose();
            foreach (var reader in readers) reader.Dispose();
        }
    }

    private static IEnumerable<(string Name, int Index)> Leaves(ParquetFileReader file)
        => Enumerable.Range(0, file.FileMetaData.NumColumns).Select(index => (file.FileMetaData.Schema.Column(index).Path.ToDotVector()[0], index));

    private sealed class Boxing : ILogicalColumnReaderVisitor<IEnumerable<object?>>
    {
        public IEnumerable<object?> OnLogicalColumnReader<TValue>(LogicalColumnReader<TValue> columnReader)
        {
            foreach (var value in columnReader) yield return value;
        }
    }
}

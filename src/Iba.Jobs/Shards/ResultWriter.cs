using ParquetSharp;

namespace Iba.Jobs;

/// <summary>
/// Writes rows as a Parquet file: the same bytes for the same rows and notes, whoever writes them. Rows are kept until a group is full, which
/// depends on the rows alone.
/// </summary>
internal sealed class ResultWriter : IDisposable
{
    public const string ContentKey = "iba.content.sha256";
    public const string FailuresKey = "iba.failures";

    private const int MostRows = 4096;
    private const int MostValues = 1 << 21;

    private readonly ParquetSharp.Schema.GroupNode _schema = ResultColumns.Schema();
    private readonly WriterProperties _properties = ResultColumns.Properties();
    private readonly SortedDictionary<string, string> _notes;
    private readonly ParquetFileWriter _file;
    private readonly List<JobRow> _rows = [];
    private readonly ContentHash _content = new();
    private int _values;

    /// <param name="stream">Where to; left open.</param>
    /// <param name="notes">Keys and values of the file.</param>
    public ResultWriter(Stream stream, IEnumerable<KeyValuePair<string, string>> notes)
    {
        _notes = new SortedDictionary<string, string>(notes.ToDictionary(), StringComparer.Ordinal);
        _file = new ParquetFileWriter(stream, _schema, _properties, _notes, leaveOpen: true);
    }

    /// <summary>Rows so far that could not be explained.</summary>
    public long Failures { get; private set; }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a row.</summary>
    public void Add(JobRow row)
    {
        _rows.Add(row);
        _content.Add(row);
        Rows++;
        if (row.Failure != null) Failures++;
        _values += row.Heatmap?.Length ?? 0;
        if (_rows.Count >= MostRows || _values >= MostValues) WriteGroup();
    }

    /// <summary>Writes what is left, and the notes.</summary>
    public void Close()
    {
        WriteGroup();
        _notes[ContentKey] = _content.ToString();
        _notes[FailuresKey] = Failures.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _file.Close();
    }

    public void Dispose()
    {
        _file.Dispose();
        _properties.Dispose();
        _schema.Dispose();
        _content.Dispose();
    }

    private void WriteGroup()
    {
        if (_rows.Count == 0) return;
        using (var group = _file.AppendRowGroup())
        {
            Put(group, row => row.Row);
            Put(group, row => row.Uri);
            Put(group, row => row.Target);
            Put(group, row => row.TargetName);
            Put(group, row => row.Predicted);
            Put(group, row => row.Probability);
            Put(group, row => row.ProbabilityWithBottleneck);
            Put(group, row => row.Bits);
            PutLists(group, row => row.MapShape, WriteNumbers);
            PutLists(group, row => row.InputShape, WriteNumbers);
            PutLists(group, row => row.Heatmap, WriteSingles);
            Put(group, row => row.Failure);
        }

        _rows.Clear();
        _values = 0;
    }

    private void Put<T>(RowGroupWriter group, Func<JobRow, T> value)
    {
        using var column = group.NextColumn().LogicalWriter<T>();
        column.WriteBatch([.. _rows.Select(value)]);
    }

    // Levels of an optional list of required elements: 0 no list, 1 an empty one, 2 an element; repeated after the list's first.
    private void PutLists<T>(RowGroupWriter group, Func<JobRow, IReadOnlyList<T>?> list, Action<ColumnWriter, short[], short[], T[]> write)
    {
        var values = new List<T>();
        var defined = new List<short>();
        var repeated = new List<short>();
        foreach (var items in _rows.Select(list))
        {
            if (items is not { Count: > 0 })
            {
                defined.Add((short)(items == null ? 0 : 1));
                repeated.Add(0);
                continue;
            }

            values.AddRange(items);
            defined.AddRange(Enumerable.Repeat((short)2, items.Count));
            repeated.Add(0);
            repeated.AddRange(Enumerable.Repeat((short)1, items.Count - 1));
        }

        using var column = group.NextColumn();
        write(column, [.. defined], [.. repeated], [.. values]);
    }

    private static void WriteNumbers(ColumnWriter column, short[] defined, short[] repeated, int[] values)
        => ((ColumnWriter<int>)column).WriteBatch(defined.Length, defined, repeated, values);

    private static void WriteSingles(ColumnWriter column, short[] defined, short[] repeated, float[] values)
        => ((ColumnWriter<float>)column).WriteBatch(defined.Length, defined, repeated, values);
}

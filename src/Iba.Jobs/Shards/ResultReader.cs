using ParquetSharp;

namespace Iba.Jobs;

/// <summary>Reads what <see cref="ResultWriter"/> wrote, a group of rows at a time.</summary>
internal sealed class ResultReader : IDisposable
{
    private readonly ParquetFileReader _file;

    /// <param name="path">The file.</param>
    /// <exception cref="JobException">It is no such file, or damaged.</exception>
    public ResultReader(string path)
    {
        Path = path;
        try
        {
            _file = new ParquetFileReader(path);
        }
        catch (Exception problem) when (IsDamage(problem))
        {
            throw Damaged(path, problem);
        }
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>The file's keys and values.</summary>
    public IReadOnlyDictionary<string, string> Notes => _file.FileMetaData.KeyValueMetadata;

    /// <summary>The number of rows.</summary>
    public long Count => _file.FileMetaData.NumRows;

    /// <summary>The rows; checked, at the end, against the hash that was written with them.</summary>
    /// <exception cref="JobException">The file is damaged.</exception>
    public IEnumerable<JobRow> Rows()
    {
        using var content = new ContentHash();
        for (int index = 0; index < _file.FileMetaData.NumRowGroups; index++)
        {
            JobRow[] rows;
            try
            {
                rows = ReadGroup(index);
            }
            catch (Exception problem) when (IsDamage(problem))
            {
                throw Damaged(Path, problem);
            }

            foreach (var row in rows)
            {
                content.Add(row);
                yield return row;
            }
        }

        if (Notes.GetValueOrDefault(ResultWriter.ContentKey) != content.ToString()) throw Damaged(Path, null);
    }

    public void Dispose() => _file.Dispose();

    // What a reader meets in a damaged file depends on where the damage is; files that cannot be opened are another matter.
    private static bool IsDamage(Exception problem) => problem is not (IOException or UnauthorizedAccessException or OutOfMemoryException);

    private static JobException Damaged(string path, Exception? cause)
    {
        string message = $"'{path}' is damaged: it does not hold what was written. Delete it, and work on the job again: what it held is computed anew.";
        return cause == null ? new JobException(message) : new JobException(message, cause);
    }

    private JobRow[] ReadGroup(int index)
    {
        using var group = _file.RowGroup(index);
        int count = checked((int)group.MetaData.NumRows), column = 0;
        long[] numbers = Get<long>();
        string[] uris = Get<string>();
        int?[] targets = Get<int?>();
        string?[] names = Get<string?>();
        int?[] predicted = Get<int?>();
        float?[] probabilities = Get<float?>(), kept = Get<float?>(), bits = Get<float?>();
        int[]?[] mapShapes = Get<int[]?>(), inputShapes = Get<int[]?>();
        float[]?[] maps = Get<float[]?>();
        string?[] failures = Get<string?>();
        return
        [
            .. Enumerable.Range(0, count).Select(i => new JobRow
            {
                Row = numbers[i],
                Uri = uris[i],
                Target = targets[i],
                TargetName = names[i],
                Predicted = predicted[i],
                Probability = probabilities[i],
                ProbabilityWithBottleneck = kept[i],
                Bits = bits[i],
                MapShape = mapShapes[i],
                InputShape = inputShapes[i],
                Heatmap = maps[i],
                Failure = failures[i],
            }),
        ];

        T[] Get<T>()
        {
            using var reader = group.Column(column++);
            using var logical = reader.LogicalReader<T>();
            return logical.ReadAll(count);
        }
    }
}

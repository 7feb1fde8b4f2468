using Microsoft.ML;
using ParquetSharp;

namespace Iba.Jobs;

/// <summary>The rows of one file with columns.</summary>
internal sealed class TableSource : JobSource
{
    public TableSource(SourceKind kind, string file)
        : base(kind, file)
    {
        if (!File.Exists(file)) throw new FileNotFoundException($"There is no file '{file}'.", file);
    }

    internal override IEnumerable<JobInput> Read(bool hash)
    {
        string name = Path.GetFileName(Location);
        for (long row = 0, count = Count(); row < count; row++) yield return new JobInput(row, $"{name}#{row}", 0, 0, null, null);
    }

    private long Count()
    {
        if (Kind == SourceKind.Parquet)
        {
            using var file = new ParquetFileReader(Location);
            return file.FileMetaData.NumRows;
        }

        var view = new MLContext().Data.LoadFromBinary(Location);
        using var open = view as IDisposable;
        if (view.GetRowCount() is { } known) return known;
        long count = 0;
        using var cursor = view.GetRowCursor([]);
        while (cursor.MoveNext()) count++;
        return count;
    }
}

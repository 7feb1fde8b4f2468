using ParquetSharp;

namespace Iba.Jobs;

/// <summary>The file <c>inputs.parquet</c>: which rows a job has.</summary>
internal static class InputsFile
{
    private const int GroupRows = 16_384;

    private static readonly string[] Names = ["row", "uri", "size", "modified", "sha256", "target"];

    /// <summary>Writes the rows.</summary>
    /// <returns>How many there were, and what the source says of targets, see <see cref="JobPlan.Targets"/>.</returns>
    public static (long Rows, string? Targets) Write(Stream stream, IEnumerable<JobInput> inputs)
    {
        Column[] columns =
        [
            new Column<long>(Names[0]), new Column<string>(Names[1]), new Column<long>(Names[2]), new Column<long>(Names[3]), new Column<string?>(Names[4]),
            new Column<string?>(Names[5]),
        ];
        long rows = 0;
        bool any = false, numbers = true;
        using var writer = new ParquetFileWriter(stream, columns, null, Compression.Zstd, leaveOpen: true);
        foreach (var group in inputs.Chunk(GroupRows))
        {
            using var to = writer.AppendRowGroup();
            Put(to, group, input => input.Row);
            Put(to, group, input => input.Uri);
            Put(to, group, input => input.Size);
            Put(to, group, input => input.Modified);
            Put(to, group, input => input.Sha256);
            Put(to, group, input => input.Target);
            rows += group.Length;
            any |= group.Any(input => input.Target != null);
            numbers &= group.All(input => input.Target == null || JobInput.TryNumber(input.Target, out _));
        }

        writer.Close();
        return (rows, !any ? null : numbers ? "number" : "name");
    }

    /// <summary>Reads a range of rows.</summary>
    public static JobInput[] Read(string path, long first, int count) =>
    [
        .. ParquetRows.Read(path, Names, first, count)
            .Select(row => new JobInput((long)row[0]!, (string)row[1]!, (long)row[2]!, (long)row[3]!, (string?)row[4], (string?)row[5])),
    ];

    private static void Put<T>(RowGroupWriter group, JobInput[] inputs, Func<JobInput, T> value)
    {
        using var column = group.NextColumn().LogicalWriter<T>();
        column.WriteBatch([.. inputs.Select(value)]);
    }
}

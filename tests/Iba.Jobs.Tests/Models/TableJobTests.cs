using Microsoft.ML;
using Microsoft.ML.Data;
using ParquetSharp;

namespace Iba.Jobs.Tests;

/// <summary>Jobs over tables, with an explainer in a chain.</summary>
public sealed class TableJobTests : IDisposable
{
    private const int Rows = 13;

    private readonly TemporaryFolder _folder = new();
    private readonly PixelExplainer.VectorRow[] _data = PixelExplainer.Vectors(Rows);
    private readonly MLContext _ml = new(seed: 1);

    public TableJobTests() => PixelExplainer.SaveForVectors(Model, _data);

    private string Model => _folder["chain.zip"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parquet_and_binary_files_give_the_maps_that_the_chain_gives()
    {
        WriteParquet(_folder["rows.parquet"], _data);
        using (var stream = File.Create(_folder["rows.idv"])) _ml.Data.SaveAsBinary(_ml.Data.LoadFromEnumerable(_data), stream);
        var chain = _ml.Model.Load(Model, out _);
        float[][] expected = [.. chain.Transform(_ml.Data.LoadFromEnumerable(_data)).GetColumn<float[]>("Heatmap")];

        foreach (string file in new[] { "rows.parquet", "rows.idv" })
        {
            var merged = IbaJob.Run(_folder[$"job of {file}"], Options(file));

            var rows = IbaJob.Open(_folder[$"job of {file}"]).Rows().ToArray();
            Assert.Equal((Rows, 0), (merged.Rows, merged.Failures));
            Assert.Equal(Enumerable.Range(0, Rows).Select(row => $"{file}#{row}"), rows.Select(row => row.Uri));
            Assert.Equal(expected, rows.Select(row => row.Heatmap!));
        }
    }

    [Fact]
    public void A_row_that_does_not_fit_is_a_failure()
    {
        _data[4].Values = [1, 2];
        _data[7].Values[3] = float.NaN;
        WriteParquet(_folder["rows.parquet"], _data);

        IbaJob.Run(_folder["job"], Options("rows.parquet"));

        var failures = IbaJob.Open(_folder["job"]).Rows().Where(row => row.Failure != null).ToArray();
        Assert.Equal([4, 7], failures.Select(row => row.Row));
        Assert.Contains("has 2 values in column 'Values' where the model takes 768", failures[0].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_changed_is_refused()
    {
        WriteParquet(_folder["rows.parquet"], _data);
        var job = IbaJob.Plan(_folder["job"], Options("rows.parquet"));
        File.Copy(_folder["rows.parquet"], _folder["moved.parquet"]);
        WriteParquet(_folder["rows.parquet"], _data[1..]);

        Assert.Contains("another file than when the job was planned", Assert.Throws<JobException>(() => job.Work()).Message, StringComparison.Ordinal);
        Assert.True(job.Work(options: new WorkOptions { Source = _folder["moved.parquet"] }).IsComplete);
    }

    [Fact]
    public void A_table_without_the_models_column_is_refused_when_it_is_planned()
    {
        WriteParquet(_folder["rows.parquet"], _data, "Others");

        var refusal = Assert.Throws<JobException>(() => IbaJob.Plan(_folder["job"], Options("rows.parquet")));

        Assert.StartsWith("The rows do not fit the model: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Values", refusal.Message, StringComparison.Ordinal);
    }

    private JobOptions Options(string file) => new() { Model = Model, Source = JobSource.Of(_folder[file]), ShardRows = 4, MapSize = MLNet.MapSize.Input };

    private static void WriteParquet(string path, IReadOnlyList<PixelExplainer.VectorRow> rows, string name = "Values")
    {
        using var writer = new ParquetFileWriter(path, [new Column<int>("Number"), new Column<float[]>(name)]);
        foreach (var part in rows.Chunk(5))
        {
            using var group = writer.AppendRowGroup();
            using (var numbers = group.NextColumn().LogicalWriter<int>()) numbers.WriteBatch(Enumerable.Range(0, part.Length).ToArray());
            using (var values = group.NextColumn().LogicalWriter<float[]>()) values.WriteBatch(part.Select(row => row.Values).ToArray());
        }

        writer.Close();
    }
}

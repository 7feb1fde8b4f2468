using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using Iba.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Jobs.Tests;

/// <summary>Jobs over photographs, with a real explainer.</summary>
public sealed class PhotographJobTests : IDisposable
{
    private static readonly string[] Names =
        ["a.png", "b b.PNG", "below/a.png", "below/\u00fcber \u732b.png", "c#1.png", "d'quote\".png", "e.png", "f.png", "g.png", "h%20.png", "i.png", "j.png"];

    private readonly TemporaryFolder _folder = new();

    public PhotographJobTests()
    {
        PixelExplainer.WritePhotos(Photos, Names);
        PixelExplainer.SaveForPaths(Model, Photos);
    }

    private string Photos => _folder["photos"];

    private string Model => _folder["explainer.zip"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_becomes_one_file_with_the_maps_that_the_explainer_gives()
    {
        File.WriteAllText(Path.Combine(Photos, "notes.txt"), "no picture");
        var merged = IbaJob.Run(_folder["job"], Options(MapSize.Input));

        Assert.Equal((Names.Length, 0, 0), (merged.Rows, merged.Failures, merged.Conflicts));
        var ml = new MLContext(seed: 1);
        using var stream = File.OpenRead(Model);
        using var explainer = IbaTransformer.Load(ml, stream);
        string[] order = [.. Names.Order(StringComparer.Ordinal)];
        var rows = IbaJob.Open(_folder["job"]).Rows().ToArray();
        float[][] maps = [.. explainer.Transform(ml.Data.LoadFromEnumerable(order.Select(name => new PixelExplainer.PathRow { Photo = Path.Combine(Photos, name) }))).GetColumn<float[]>("Heatmap")];
        Assert.Equal(order, rows.Select(row => row.Uri));
        Assert.Equal(maps, rows.Select(row => row.Heatmap!));
        Assert.All(rows, row =>
        {
            Assert.Equal([16, 16], row.MapShape!);
            Assert.Equal([16, 16], row.InputShape!);
            Assert.Equal(row.Heatmap!.Sum(bits => (double)bits), row.Bits!.Value, 1e-2);
            Assert.Equal(PixelExplainer.Classes[row.Target!.Value], row.TargetName);
            Assert.Equal(row.Target, row.Predicted);
            Assert.InRange(row.Probability!.Value, 0.25f, 1);
            Assert.InRange(row.ProbabilityWithBottleneck!.Value, 0, 1);
        });
    }

    [Fact]
    public void Parts_and_leases_merge_to_the_same_bytes_and_verify()
    {
        var one = IbaJob.Run(_folder["one"], Options());
        var job = IbaJob.Plan(_folder["two"], Options());
        foreach (int part in new[] { 2, 0, 1 }) job.Work(job.PartFeed(part, 3));

        Assert.Equal(one.Sha256, job.Merge().Sha256);
        var verified = job.Verify(sample: 5, seed: 1);
        Assert.Equal((5, 0, true), (verified.Rows, verified.Skipped, verified.IsSame));
        // The same plan again changes nothing, and what is done stays done.
        Assert.Equal(0, IbaJob.Plan(_folder["two"], Options()).Work().Rows);
    }

    [Fact]
    public void What_is_wrong_with_a_photograph_is_in_its_row()
    {
        File.WriteAllText(Path.Combine(Photos, "k broken.png"), "no picture at all");
        File.WriteAllBytes(Path.Combine(Photos, "l cut.png"), File.ReadAllBytes(Path.Combine(Photos, "a.png"))[..200]);
        byte[] huge = File.ReadAllBytes(Path.Combine(Photos, "a.png"));
        Huge(huge);
        File.WriteAllBytes(Path.Combine(Photos, "m huge.png"), huge);
        var job = IbaJob.Plan(_folder["job"], Options());
        File.Delete(Path.Combine(Photos, "e.png"));
        PixelExplainer.Photo(99).Resize(30, 30).SavePng(Path.Combine(Photos, "f.png"));
        File.SetLastWriteTimeUtc(Path.Combine(Photos, "g.png"), DateTime.UtcNow.AddDays(-1));

        job.Work();

        var failures = job.Rows().Where(row => row.Failure != null).ToDictionary(row => row.Uri, row => row.Failure!);
        Assert.Equal(["e.png", "f.png", "g.png", "k broken.png", "l cut.png", "m huge.png"], failures.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("The file is gone since the plan was made.", failures["e.png"]);
        Assert.Equal("The file changed since the plan was made: its size is another one.", failures["f.png"]);
        Assert.StartsWith("The file was written to since the plan was made", failures["g.png"], StringComparison.Ordinal);
        Assert.StartsWith("column 'Photo' names a picture that cannot be used: 'k broken.png'", failures["k broken.png"], StringComparison.Ordinal);
        Assert.Contains("cut short", failures["l cut.png"], StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Root, string.Concat(failures.Values), StringComparison.Ordinal);
        Assert.All(job.Rows().Where(row => row.Failure != null), row => Assert.True(row is { Heatmap: null, MapShape: null, Bits: null, Target: null, Probability: null }));
        Assert.Equal((Names.Length + 3, 6), (job.Merge().Rows, job.Status().Failures));
    }

    [Fact]
    public void With_hashes_a_copy_is_the_same_file_and_a_change_of_equal_size_is_found()
    {
        var job = IbaJob.Plan(_folder["job"], new JobOptions { Model = Model, Source = JobSource.Folder(Photos), ShardRows = 5, HashInputs = true });
        File.SetLastWriteTimeUtc(Path.Combine(Photos, "a.png"), DateTime.UtcNow.AddDays(-1));
        byte[] changed = File.ReadAllBytes(Path.Combine(Photos, "e.png"));
        changed[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(Photos, "e.png"), changed);

        job.Work();

        var failed = Assert.Single(job.Rows(), row => row.Failure != null);
        Assert.Equal(("e.png", "The file changed since the plan was made."), (failed.Uri, failed.Failure));
    }

    [Fact]
    public void A_list_names_files_twice_and_says_what_is_explained()
    {
        string list = Path.Combine(Photos, "list.txt");
        File.WriteAllText(list, "a.png\tdog\n\nbelow/\u00fcber \u732b.png\tfish\na.png\tcat\nnowhere.png\tcat\ne.png\tunicorn\n");
        var job = IbaJob.Plan(_folder["job"], new JobOptions { Model = Model, Source = JobSource.List(list) });
        job.Work();

        var rows = job.Rows().ToArray();
        Assert.Equal(["dog", "fish", "cat", null, null], rows.Select(row => row.TargetName));
        Assert.Equal([1, 3, 0, null, null], rows.Select(row => row.Target));
        Assert.NotEqual(rows[0].Heatmap, rows[2].Heatmap);
        Assert.Equal("There was no such file, or none that could be read, when the plan was made.", rows[3].Failure);
        Assert.Contains("unicorn", rows[4].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_of_classes_are_targets_too()
    {
        string list = Path.Combine(Photos, "list.txt");
        File.WriteAllText(list, "a.png\t2\ne.png\t0\nf.png\nf.png\t9\n");
        var job = IbaJob.Plan(_folder["job"], new JobOptions { Model = Model, Source = JobSource.List(list) });
        job.Work();

        Assert.Equal([2, 0, null, null], job.Rows().Select(row => row.Target));
    }

    [Fact]
    public void The_plan_says_where_the_result_comes_from_and_the_folder_finds_what_was_exchanged()
    {
        var job = IbaJob.Plan(_folder["job"], Options());

        var plan = job.Details;
        Assert.Equal(("bottleneck", "Bits", "r", 6L, 3L, "Photo", MapSize.Layer), (plan.Method, plan.Unit, plan.Layer, plan.MeasuredRows, plan.Seed, plan.PathColumn, plan.MapSize));
        Assert.Contains("Steps = 3", plan.Options);
        Assert.Equal(64, plan.NetworkSha256!.Length);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder["job/plan.json"]));
        Assert.Equal(plan.Id, json.RootElement.GetProperty("id").GetString());

        // Another model under the plan's name.
        string model = Assert.Single(Directory.GetFiles(_folder["job/model"]));
        Assert.Equal(plan.ModelSha256, Path.GetFileNameWithoutExtension(model));
        PixelExplainer.SaveForVectors(model, PixelExplainer.Vectors(6));
        Assert.Contains("not the plan's model", Assert.Throws<JobException>(() => job.Work()).Message, StringComparison.Ordinal);
        // The message says what helps.
        Assert.True(IbaJob.Plan(_folder["job"], Options()).Work().IsComplete);
    }

    [Fact]
    public void A_list_that_is_none_is_refused()
    {
        File.Copy(Path.Combine(Photos, "a.png"), _folder["photo.tiff"]);
        File.WriteAllText(_folder["list.txt"], "nowhere.png\nnor-here.png\n");

        Assert.Contains("is no list of files", Assert.Throws<InvalidDataException>(() => JobSource.Of(_folder["photo.tiff"])).Message, StringComparison.Ordinal);
        var refusal = Assert.Throws<JobException>(() => IbaJob.Plan(_folder["job"], new JobOptions { Model = Model, Source = JobSource.List(_folder["list.txt"]) }));
        Assert.Contains($"None of the 2 files of the source can be read; the first is '{_folder["nowhere.png"]}'", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["job/plan.json"]));
    }

    [Fact]
    public void Another_plan_in_the_same_folder_is_refused()
    {
        IbaJob.Plan(_folder["job"], Options());

        var refusal = Assert.Throws<JobException>(() => IbaJob.Plan(_folder["job"], Options(MapSize.Input)));

        Assert.Contains("holds another job", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_versions_are_refused_unless_they_are_allowed()
    {
        string folder = _folder["job"];
        var plan = IbaJob.Plan(folder, Options()).Details with { TorchVersion = "1.2.3" };
        File.WriteAllBytes(Path.Combine(folder, "plan.json"), plan.WithId().ToJson());
        var job = IbaJob.Open(folder);

        var refusal = Assert.Throws<JobException>(() => job.Work());

        Assert.Contains("libtorch 1.2.3 in the plan and ", refusal.Message, StringComparison.Ordinal);
        Assert.True(job.Work(options: new WorkOptions { AllowOtherVersions = true }).IsComplete);
    }

    [Fact]
    public void Models_without_an_explainer_are_refused()
    {
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable([new PixelExplainer.PathRow()]);
        ml.Model.Save(ml.Transforms.CopyColumns("B", "Photo").Fit(rows), rows.Schema, _folder["other.zip"]);

        var refusal = Assert.Throws<JobException>(() => IbaJob.Plan(_folder["job"], new JobOptions { Model = _folder["other.zip"], Source = JobSource.Folder(Photos) }));

        Assert.Contains("holds no explainer of this library (its parts: ColumnCopyingTransformer)", refusal.Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["text.zip"], "no zip");
        Assert.Contains("is no model zip", Assert.Throws<JobException>(() => IbaJob.Plan(_folder["job"], new JobOptions { Model = _folder["text.zip"], Source = JobSource.Folder(Photos) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_and_shards_are_counted_by_the_meter()
    {
        var counts = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == JobTelemetry.Name) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => counts[instrument.Name] = counts.GetValueOrDefault(instrument.Name) + value);
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => counts[instrument.Name] = counts.GetValueOrDefault(instrument.Name) + 1);
        listener.Start();
        File.WriteAllText(Path.Combine(Photos, "broken.png"), "");

        IbaJob.Run(_folder["job"], Options());

        Assert.Equal(13, counts[JobTelemetry.RowsName]);
        Assert.Equal(1, counts[JobTelemetry.FailuresName]);
        Assert.Equal(13, counts[JobTelemetry.RowDurationName]);
        Assert.Equal(3, counts[JobTelemetry.ShardsName]);
    }

    [Fact]
    public void The_documented_program_runs_and_so_does_the_documented_query()
    {
        string here = Path.Combine(AppContext.BaseDirectory, "docs"), page = File.ReadAllText(Path.Combine(here, "jobs.md"));
        string program = Block(page, "csharp");
        string run = Regex.Replace(File.ReadAllText(Path.Combine(here, "TenLines.cs")), """Path\(("[^"]*")\)""", "$1");
        Assert.Contains(Squeeze(program), Squeeze(run), StringComparison.Ordinal);
        TenLines.Run(_folder.Root);

        string result = _folder["job/result.parquet"];
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Block(page, "sql").Replace("job/result.parquet", result, StringComparison.Ordinal);
        var found = new List<(string Uri, double Outside)>();
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read()) found.Add((reader.GetString(0), Convert.ToDouble(reader.GetValue(2), System.Globalization.CultureInfo.InvariantCulture)));
        }

        var expected = IbaJob.Open(_folder["job"]).Rows().Where(row => row.Failure == null).Select(row => (row.Uri, Outside: Outside(row))).OrderByDescending(row => row.Outside).ToArray();
        Assert.Equal(expected.Select(row => row.Uri), found.Select(row => row.Uri));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Outside, pair.Second.Outside, 1e-3));
    }

    private static double Outside(JobRow row)
    {
        int height = row.MapShape![0], width = row.MapShape[1];
        double sum = 0;
        for (int i = 0; i < row.Heatmap!.Length; i++)
        {
            double y = (i / width) + 0.5, x = (i % width) + 0.5;
            if (Math.Abs(y - (height / 2.0)) > height / 4.0 || Math.Abs(x - (width / 2.0)) > width / 4.0) sum += row.Heatmap[i];
        }

        return sum;
    }

    private static string Block(string page, string language)
    {
        string begin = $"```{language}\n";
        int from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return page[from..page.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private static string Squeeze(string text) => string.Concat(text.Where(character => !char.IsWhiteSpace(character)));

    /// <summary>Says in a PNG's header that it has 100,000 x 100,000 pixels, with the right checksum.</summary>
    private static void Huge(byte[] png)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), 100_000);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), 100_000);
        uint checksum = uint.MaxValue;
        foreach (byte value in png.AsSpan(12, 17))
        {
            checksum ^= value;
            for (int bit = 0; bit < 8; bit++) checksum = (checksum >> 1) ^ ((checksum & 1) * 0xEDB88320u);
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), ~checksum);
    }

    private JobOptions Options(MapSize size = MapSize.Layer) => new() { Model = Model, Source = JobSource.Folder(Photos), ShardRows = 5, MapSize = size };
}

using System.Text.Json;

namespace Iba.Jobs.Tests;

public sealed class MergeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly IbaJob _job;

    public MergeTests()
    {
        StubJob.Plan(_folder.Root, rows: 30, shardRows: 4);
        _job = StubJob.Open(_folder.Root);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_shard_that_is_deleted_is_missed()
    {
        _job.Work();
        File.Delete(_folder["shards/000/part-000005.parquet"]);

        var refusal = Assert.Throws<JobException>(() => _job.Merge());

        Assert.Equal("1 of 8 shards are missing (5): work on the job again, then merge.", refusal.Message);
        Assert.False(File.Exists(_job.ResultPath));
        Assert.Equal(1, _job.Work().Shards);
        Assert.Equal(30, _job.Merge().Rows);
    }

    [Fact]
    public void A_byte_that_changed_is_found_wherever_rows_depend_on_it()
    {
        _job.Work();
        string path = _folder["shards/000/part-000002.parquet"];
        byte[] bytes = File.ReadAllBytes(path);
        string expected = _job.Merge().Sha256;
        int found = 0;
        var random = new Random(3);
        for (int i = 0; i < 60; i++)
        {
            byte[] changed = [.. bytes];
            changed[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, changed);
            File.Delete(_job.ResultPath);
            try
            {
                Assert.Equal(expected, _job.Merge().Sha256);
            }
            catch (JobException)
            {
                found++;
            }
        }

        // The rest are statistics and notes, which nobody reads.
        Assert.InRange(found, 15, 60);
    }

    [Fact]
    public void A_file_that_is_cut_short_is_found_and_computed_anew_once_it_is_deleted()
    {
        _job.Work();
        string path = _folder["shards/000/part-000002.parquet"];
        using (var file = new FileStream(path, FileMode.Open)) file.SetLength(100);

        Assert.Contains("part-000002.parquet' is damaged", Assert.Throws<JobException>(() => _job.Merge()).Message, StringComparison.Ordinal);

        File.Delete(path);
        _job.Work();
        Assert.Equal(30, _job.Merge().Rows);
    }

    [Fact]
    public void Another_shard_under_a_shards_name_is_found()
    {
        _job.Work();
        File.Copy(_folder["shards/000/part-000001.parquet"], _folder["shards/000/part-000003.parquet"], overwrite: true);

        Assert.Contains("is not shard 3 of this job", Assert.Throws<JobException>(() => _job.Merge()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merging_again_changes_nothing_and_finds_a_result_that_was_changed()
    {
        _job.Work();
        var first = _job.Merge();
        var written = File.GetLastWriteTimeUtc(first.ResultPath);

        Assert.Equivalent(first, _job.Merge());
        Assert.Equal(written, File.GetLastWriteTimeUtc(first.ResultPath));

        File.AppendAllText(first.ResultPath, "x");
        Assert.Contains("was changed", Assert.Throws<JobException>(() => _job.Merge()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manifest_names_every_shard_with_its_hash()
    {
        _job.Work();
        var merged = _job.Merge();

        using var manifest = JsonDocument.Parse(File.ReadAllText(_folder["manifest.json"]));
        var shards = manifest.RootElement.GetProperty("shards").EnumerateArray().ToArray();
        Assert.Equal(_job.Details.Id, manifest.RootElement.GetProperty("job").GetString());
        Assert.Equal(merged.Sha256, manifest.RootElement.GetProperty("resultSha256").GetString());
        Assert.Equal([4, 4, 4, 4, 4, 4, 4, 2], shards.Select(shard => shard.GetProperty("rows").GetInt64()));
        Assert.Equal(FileCommit.HashOf(_folder["shards/000/part-000007.parquet"]), shards[7].GetProperty("sha256").GetString());
        Assert.Equal(2, merged.Failures);
        Assert.Equal(["none"], merged.Processors);
    }

    [Fact]
    public void Working_again_computes_nothing()
    {
        _job.Work();
        var times = Directory.GetFiles(_folder["shards/000"]).Select(File.GetLastWriteTimeUtc).ToArray();
        var explainer = new StubExplainer(TimeSpan.Zero, new HashSet<long>());

        var again = StubJob.Open(_folder.Root, () => explainer).Work();

        Assert.Equal(new WorkSummary(0, 0, 0, 0, 0, true), again);
        Assert.Empty(explainer.Asked);
        Assert.Equal(times, Directory.GetFiles(_folder["shards/000"]).Select(File.GetLastWriteTimeUtc));
    }

    [Fact]
    public void Status_counts_what_is_committed()
    {
        var before = _job.Status();
        _job.Work(_job.PartFeed(3, 4));

        Assert.Equal(new JobStatus(_job.Details.Id, 30, 0, 0, 8, 0, 0, 0, 0, false), before);
        Assert.Equal(before with { RowsDone = 6, Failures = 1, ShardsDone = 2 }, _job.Status());
        _job.Work();
        _job.Merge();
        Assert.Equal(before with { RowsDone = 30, Failures = 2, ShardsDone = 8, IsMerged = true }, _job.Status());
    }

    [Fact]
    public void Rows_come_back_as_they_were_found()
    {
        _job.Work();
        var inputs = InputsFile.Read(_folder["inputs.parquet"], 0, 30);
        using var explainer = new StubExplainer(TimeSpan.Zero, new HashSet<long>());

        foreach (var (expected, found) in explainer.Explain(inputs, CancellationToken.None).Zip(_job.Rows()))
        {
            Assert.Equal(expected with { Heatmap = null, MapShape = null, InputShape = null }, found with { Heatmap = null, MapShape = null, InputShape = null });
            Assert.Equal(expected.Heatmap, found.Heatmap);
            Assert.Equal(expected.MapShape, found.MapShape);
            Assert.Equal(expected.InputShape, found.InputShape);
        }
    }

    [Fact]
    public void A_plan_that_was_changed_is_refused()
    {
        File.WriteAllText(_folder["plan.json"], File.ReadAllText(_folder["plan.json"]).Replace("\"shardRows\": 4", "\"shardRows\": 5", StringComparison.Ordinal));

        Assert.Contains("was changed after it was made", Assert.Throws<JobException>(() => IbaJob.Open(_folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_counts_rows_and_more_failures_than_allowed_end_the_work()
    {
        var reports = new List<JobProgress>();
        var options = new WorkOptions { MaximumFailures = 1, Progress = new Listener(reports.Add) };

        var refusal = Assert.Throws<JobException>(() => _job.Work(options: options));

        Assert.StartsWith("2 rows failed, more than MaximumFailures (1) allows; the last is row 25 (photo 25.jpg): It cannot be read.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(new JobProgress(26, 2, 6, 30), reports[^1]);
        Assert.Equal(6, _job.Status().ShardsDone);
        Assert.Equal(0, _job.Status().Working);
        Assert.True(_job.Work().IsComplete);
    }

    [Fact]
    public void Cancelled_work_can_be_gone_on_with()
    {
        using var cancel = new CancellationTokenSource();
        var options = new WorkOptions { Progress = new Listener(progress => { if (progress.Rows == 10) cancel.Cancel(); }) };

        Assert.Throws<OperationCanceledException>(() => _job.Work(null, options, cancel.Token));

        Assert.Equal((2, 0, 0), (_job.Status().ShardsDone, _job.Status().Working, _job.Status().Deaths));
        Assert.Empty(Directory.GetFiles(_folder["tmp"]));
        Assert.Equal(6, _job.Work().Shards);
    }

    private sealed class Listener(Action<JobProgress> report) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => report(value);
    }
}

using System.Globalization;

namespace Iba.Jobs.Tests;

/// <summary>However a job is shared out, the merged bytes are the same.</summary>
public class FeedTests
{
    private const int Rows = 50;
    private const int ShardRows = 4;

    private static readonly string Expected = Merged(job => job.Work());

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void In_parts(int count)
        => Assert.Equal(Expected, Merged(job =>
        {
            foreach (int index in Enumerable.Range(0, count).Reverse()) job.Work(job.PartFeed(index, count));
        }));

    [Fact]
    public void By_lines_in_any_order_some_twice()
        => Assert.Equal(Expected, Merged(job =>
        {
            int[] shards = [.. Enumerable.Range(0, job.Details.Shards), 3, 5];
            new Random(4).Shuffle(shards);
            using var answers = new StringWriter(CultureInfo.InvariantCulture);
            job.Work(job.LinesFeed(new StringReader(string.Join("\n\n", shards)), answers));
            Assert.Equal(shards.Select(shard => $"{shard} done"), answers.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        }));

    [Fact]
    public void A_mix_of_ways_with_a_part_that_ran_before()
        => Assert.Equal(Expected, Merged(job =>
        {
            Assert.False(job.Work(job.PartFeed(1, 3)).IsComplete);
            Assert.False(job.Work(job.LinesFeed(new StringReader("2\n9\n"))).IsComplete);
            Assert.Equal(job.Details.Shards - 4 - 2, job.Work().Shards);
        }));

    [Fact]
    public void Two_processes_by_leases_share_the_work()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);
        using var one = new WorkerProcess(folder.Root, milliseconds: 20);
        using var other = new WorkerProcess(folder.Root, milliseconds: 20);

        var (oneCode, oneText) = one.Wait();
        var (otherCode, otherText) = other.Wait();

        Assert.True(oneCode == 0 && otherCode == 0, oneText + otherText);
        var job = StubJob.Open(folder.Root);
        Assert.Equal(job.Details.Shards, Directory.GetFiles(folder["runs"]).Length);
        Assert.Equal(2, Directory.GetFiles(folder["runs"]).Select(file => Path.GetFileName(file).Split('.')[1]).Distinct().Count());
        Assert.Equal(Expected, job.Merge().Sha256);
    }

    [Fact]
    public void A_lease_of_a_dead_process_is_taken_over_and_one_of_a_live_one_is_not()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 8, shardRows: 4);
        var place = new JobFolder(folder.Root);
        Directory.CreateDirectory(place.Leases);
        File.WriteAllBytes(folder["leases/part-000000.json"], (WorkerRecord.Current with { Process = int.MaxValue }).ToBytes());
        File.WriteAllBytes(folder["leases/part-000001.json"], (WorkerRecord.Current with { Host = "elsewhere" }).ToBytes());
        var job = StubJob.Open(folder.Root);
        var feed = job.FolderFeed(TimeSpan.FromSeconds(30));

        var lease = feed.Next(CancellationToken.None)!;
        Assert.Equal(0, lease.Shard);
        Assert.True(feed.Renew(lease));
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        Assert.Throws<OperationCanceledException>(() => job.FolderFeed(TimeSpan.FromSeconds(30)).Next(impatient.Token));

        // Its last sign of life is long ago.
        File.SetLastWriteTimeUtc(folder["leases/part-000001.json"], DateTime.UtcNow.AddMinutes(-1));
        Assert.Equal(1, job.FolderFeed(TimeSpan.FromSeconds(30)).Next(CancellationToken.None)!.Shard);
    }

    [Fact]
    public void A_lease_that_went_to_another_is_not_renewed()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 4, shardRows: 4);
        var feed = StubJob.Open(folder.Root).FolderFeed();
        var lease = feed.Next(CancellationToken.None)!;
        File.WriteAllBytes(folder["leases/part-000000.json"], (WorkerRecord.Current with { Host = "elsewhere" }).ToBytes());

        Assert.False(feed.Renew(lease));
        feed.Done(lease, isCommitted: false);

        Assert.True(File.Exists(folder["leases/part-000000.json"]));
    }

    [Theory]
    [InlineData("13")]
    [InlineData("-1")]
    [InlineData("two")]
    public void A_line_that_names_no_shard_is_refused(string line)
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);
        var job = StubJob.Open(folder.Root);

        var refusal = Assert.Throws<JobException>(() => job.Work(job.LinesFeed(new StringReader(line))));

        Assert.Equal($"The line '{line}' names no shard of this job; allowed: 0 to 12, a number a line.", refusal.Message);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(-1, 3)]
    public void A_part_that_is_none_is_refused(int index, int count)
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);

        Assert.Throws<ArgumentOutOfRangeException>(() => StubJob.Open(folder.Root).PartFeed(index, count));
    }

    private static string Merged(Action<IbaJob> work)
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);
        var job = StubJob.Open(folder.Root);
        work(job);
        return job.Merge().Sha256;
    }
}

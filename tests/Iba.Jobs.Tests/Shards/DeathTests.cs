namespace Iba.Jobs.Tests;

/// <summary>Rows and people that end processes.</summary>
public class DeathTests
{
    [Fact]
    public void A_row_that_ends_the_process_becomes_a_failure_after_four_deaths()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        int deaths = 0;
        while (true)
        {
            using var worker = new WorkerProcess(folder.Root, 0, 6);
            var (code, text) = worker.Wait();
            if (code == 0) break;
            Assert.Contains("Row 6 ends the process.", text, StringComparison.Ordinal);
            deaths++;
            Assert.Equal(deaths, StubJob.Open(folder.Root).Status().Deaths);
            Assert.True(deaths < 10);
        }

        // Two as a shard, two as a row.
        Assert.Equal(4, deaths);
        var rows = StubJob.Open(folder.Root).Rows().ToArray();
        Assert.Equal([.. Enumerable.Range(0, 12).Select(row => (long)row)], rows.Select(row => row.Row));
        Assert.Equal(6, Assert.Single(rows, row => row.Failure != null).Row);
        Assert.Equal(ShardRunner.Killer, rows[6].Failure);
        Assert.Equal(0, StubJob.Open(folder.Root).Status().Deaths);
        var verified = StubJob.Open(folder.Root, () => new StubExplainer(TimeSpan.Zero, new HashSet<long> { 6 })).Verify(sample: 100);
        Assert.Equal((11, 1, true), (verified.Rows, verified.Skipped, verified.IsSame));
    }

    [Fact]
    public void Rows_of_a_shard_that_nothing_is_wrong_with_have_the_same_bytes_one_by_one()
    {
        using TemporaryFolder together = new(), oneByOne = new();
        foreach (var folder in new[] { together, oneByOne }) StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        var attempts = Directory.CreateDirectory(oneByOne["attempts"]);
        foreach (string worker in new[] { "a", "b" })
        {
            File.WriteAllBytes(Path.Combine(attempts.FullName, $"part-000001.{worker}.json"), (WorkerRecord.Current with { Process = int.MaxValue }).ToBytes());
        }

        foreach (var folder in new[] { together, oneByOne }) StubJob.Open(folder.Root).Work();

        Assert.Contains("\"oneByOne\": true", File.ReadAllText(Assert.Single(Directory.GetFiles(oneByOne["runs"], "part-000001.*"))), StringComparison.Ordinal);
        Assert.Equal(StubJob.Open(together.Root).Merge().Sha256, StubJob.Open(oneByOne.Root).Merge().Sha256);
        Assert.Empty(Directory.GetFiles(attempts.FullName));
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_hundred_kills_change_nothing()
    {
        const int Rows = 6000, ShardRows = 4, Kills = 100, Workers = 3;
        using TemporaryFolder storm = new(), calm = new();
        StubJob.Plan(storm.Root, Rows, ShardRows);
        StubJob.Plan(calm.Root, Rows, ShardRows);
        var random = new Random(7);
        var workers = new WorkerProcess?[Workers];
        int kills = 0;
        try
        {
            while (kills < Kills)
            {
                for (int i = 0; i < Workers; i++)
                {
                    if (workers[i] is not { HasExited: false })
                    {
                        workers[i]?.Dispose();
                        workers[i] = new WorkerProcess(storm.Root, milliseconds: 2);
                    }
                }

                Thread.Sleep(random.Next(150, 450));
                var victim = workers[random.Next(Workers)]!;
                if (victim.HasExited) continue;
                victim.Kill();
                kills++;
            }
        }
        finally
        {
            foreach (var worker in workers) worker?.Dispose();
        }

        var job = StubJob.Open(storm.Root);
        int done = job.Status().ShardsDone;
        Assert.InRange(done, 20, job.Details.Shards - 1);
        job.Work();
        StubJob.Open(calm.Root).Work();
        var merged = job.Merge();
        Assert.Equal((Rows, 0), (merged.Rows, merged.Conflicts));
        Assert.Equal(StubJob.Open(calm.Root).Merge().Sha256, merged.Sha256);
    }
}

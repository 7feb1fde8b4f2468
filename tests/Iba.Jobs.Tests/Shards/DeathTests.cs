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
        const int Kills = 100;
        string expected = Storm(kills: 0).Sha256;
        int kills = 0;
        while (kills < Kills)
        {
            var (killed, sha256) = Storm(Kills - kills);
            Assert.Equal(expected, sha256);
            kills += killed;
        }
    }

    /// <summary>Works on a job with three processes and kills them while they work, until enough were killed or the job is done; then works on it to its end.</summary>
    private static (int Kills, string Sha256) Storm(int kills)
    {
        const int Rows = 1200, Workers = 3, Milliseconds = 20;
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, shardRows: 4);
        var job = StubJob.Open(folder.Root);
        var random = new Random(kills);
        var workers = new WorkerProcess?[Workers];
        int killed = 0;
        try
        {
            while (killed < kills && !job.Status().IsComplete)
            {
                for (int i = 0; i < Workers; i++)
                {
                    if (workers[i] is { HasExited: false }) continue;
                    workers[i]?.Dispose();
                    workers[i] = new WorkerProcess(folder.Root, Milliseconds);
                }

                Thread.Sleep(random.Next(4 * Milliseconds));
                if (workers[random.Next(Workers)] is not { HasExited: false, IsWorking: true } victim) continue;
                victim.Kill();
                killed++;
            }
        }
        finally
        {
            foreach (var worker in workers) worker?.Dispose();
        }

        job.Work();
        var merged = job.Merge();
        Assert.Equal((Rows, Rows / 13, 0), (merged.Rows, merged.Failures, merged.Conflicts));
        return (killed, merged.Sha256);
    }
}

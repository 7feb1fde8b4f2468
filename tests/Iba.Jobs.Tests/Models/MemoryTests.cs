using System.Diagnostics;

namespace Iba.Jobs.Tests;

public class MemoryTests
{
    [Fact]
    [Trait("Speed", "Slow")]
    public void Two_thousand_photographs_take_no_more_memory_than_two_hundred()
    {
        const int Photos = 2000;
        const long Slack = 48 << 20;
        using var folder = new TemporaryFolder();
        PixelExplainer.WritePhotos(folder["photos"], [.. Enumerable.Range(0, Photos).Select(photo => $"{photo / 100:D2}/{photo:D4}.png")]);
        PixelExplainer.SaveForPaths(folder["explainer.zip"], folder["photos"]);
        long early = 0, late = 0;
        var options = new WorkOptions
        {
            Progress = new Listener(progress =>
            {
                if (progress.Rows == Photos / 10) early = WorkingSet();
                if (progress.Rows == Photos) late = WorkingSet();
            }),
        };

        var merged = IbaJob.Run(
            folder["job"], new JobOptions { Model = folder["explainer.zip"], Source = JobSource.Folder(folder["photos"]), ShardRows = 50 }, options);

        Assert.Equal((Photos, 0), (merged.Rows, merged.Failures));
        Assert.True(late < early + Slack, $"{early >> 20} MiB after {Photos / 10} rows, {late >> 20} MiB after {Photos}.");
    }

    private static long WorkingSet()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private sealed class Listener(Action<JobProgress> report) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => report(value);
    }
}

using Iba.Jobs;

namespace Iba.Cli;

/// <summary>Works on a job: in this process, or in one that is begun again when a row ends it.</summary>
internal static class Working
{
    /// <summary>Works until the feed has no more shards.</summary>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    /// <exception cref="EndedException">The worker failed, and said why.</exception>
    public static void Run(IbaJob job, WorkSettings settings, Reporter reporter, Surroundings surroundings)
    {
        if (surroundings.StartsWorkers)
        {
            new Supervisor(job, settings, reporter, surroundings).Run();
            return;
        }

        using var telemetry = Telemetry.Start();
        using var progress = reporter.Progress("rows", job.Status().RowsDone);
        var feed = settings.Feed(job, reporter, surroundings);
        using var connection = feed as IDisposable;
        job.Work(feed, settings.ToOptions(progress), surroundings.Cancellation);
    }
}

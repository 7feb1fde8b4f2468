using System.CommandLine;
using Iba.Jobs;

namespace Iba.Cli;

/// <summary><c>iba status</c>: how far a job is.</summary>
internal static class StatusCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var folder = SharedOptions.Job();
        var command = new ExampleCommand("status", "Says how far a job is, whoever works on it.", surroundings)
        {
            Examples = [("iba status job", "Rows and shards that are done, rows that failed, workers, deaths."), ("iba status job --json", "The same for other programs.")],
        };
        command.Add(folder);
        command.Does((parsed, reporter) => Report(surroundings.OpenJob(parsed.GetValue(folder)!, Context.Create(reporter)), reporter));
        return command;
    }

    /// <summary>Says how far a job is.</summary>
    public static int Report(IbaJob job, Reporter reporter)
    {
        var status = job.Status();
        reporter.Result(
            new
            {
                job = job.Folder,
                status.JobId,
                status.Rows,
                status.RowsDone,
                status.Failures,
                status.Shards,
                status.ShardsDone,
                status.Working,
                status.Deaths,
                status.Conflicts,
                status.IsComplete,
                status.IsMerged,
            },
            $"{status.RowsDone:N0} of {status.Rows:N0} rows done, {status.Failures:N0} of them not explained; {status.ShardsDone:N0} of {status.Shards:N0} shards, {status.Working:N0} at work",
            status.Deaths > 0 ? $"{status.Deaths} processes died at shards that are still open" : null,
            status.Conflicts > 0 ? $"{status.Conflicts} shards came out otherwise a second time: see {Path.Combine(job.Folder, "conflicts")}" : null,
            status.IsMerged ? $"Merged: {job.ResultPath}" : status.IsComplete ? $"Complete: merge it with 'iba merge {job.Folder}'" : "Not complete yet");
        return status.Failures > 0 ? ExitCode.SomeRowsFailed : ExitCode.Success;
    }
}

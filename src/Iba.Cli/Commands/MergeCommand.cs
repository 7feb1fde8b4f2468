using System.CommandLine;

namespace Iba.Cli;

/// <summary><c>iba merge</c>: one file of all shards.</summary>
internal static class MergeCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var folder = SharedOptions.Job();
        var command = new ExampleCommand("merge", "Makes result.parquet of all shards: the same bytes however the job was worked on.", surroundings)
        {
            Examples = [("iba merge job", "Writes job/result.parquet and job/manifest.json; says so if shards are missing.")],
        };
        command.Add(folder);
        command.Does((parsed, reporter) =>
        {
            var merged = surroundings.OpenJob(parsed.GetValue(folder)!, Context.Create(reporter)).Merge(surroundings.Cancellation);
            reporter.Result(
                new { result = merged.ResultPath, merged.Sha256, merged.Rows, merged.Failures, merged.Conflicts, merged.Processors },
                $"{merged.Rows:N0} rows, {merged.Failures:N0} of them not explained: {merged.ResultPath}",
                merged.Conflicts > 0 ? $"{merged.Conflicts} shards came out otherwise a second time; the first counts. Processors: {string.Join(", ", merged.Processors)}" : null);
            return merged.Failures > 0 ? ExitCode.SomeRowsFailed : ExitCode.Success;
        });
        return command;
    }
}

using System.CommandLine;

namespace Iba.Cli;

/// <summary><c>iba work</c>: one of the processes that work on a job.</summary>
internal static class WorkCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var folder = SharedOptions.Job();
        var shard = SharedOptions.Part("--shard", "Every n-th shard, from the i-th on. '/n' takes i from JOB_COMPLETION_INDEX (Kubernetes) or SLURM_ARRAY_TASK_ID.");
        var join = new Option<bool>("--join") { Description = "Shards that nobody else is at work on, until all are done (default)." };
        var lines = new Option<bool>("--stdin") { Description = "Shards whose numbers come in, one a line; each is answered by its number and 'done' or 'open'." };
        var maximumFailures = SharedOptions.MaximumFailures();
        var allowOthers = SharedOptions.AllowOtherVersions();
        var source = SharedOptions.Source();
        var gpu = SharedOptions.Gpu();
        var command = new ExampleCommand("work", "Works on a job that was planned. A row that ends the worker's process does not end the command.", surroundings)
        {
            Examples =
            [
                ("iba work job", "As many processes as you like, on any machine that sees the folder; each may be killed and begun again."),
                ("iba work job --shard 3/16", "The fourth of 16 processes."),
                ("iba work job --shard /16", "The same, numbered by Kubernetes or Slurm."),
                ("seq 0 99 | iba work job --stdin", "The first hundred shards."),
            ],
        };
        command.Add(folder);
        foreach (var option in new Option[] { shard, join, lines, maximumFailures, allowOthers, source, gpu }) command.Add(option);
        command.Validators.Add(result =>
        {
            int ways = new Option[] { shard, join, lines }.Count(option => result.GetResult(option) is { Implicit: false });
            if (ways > 1) result.AddError("--shard, --join and --stdin are three ways of sharing the work: choose one.");
        });
        command.Does((parsed, reporter) =>
        {
            var job = surroundings.OpenJob(parsed.GetValue(folder)!, Context.Create(reporter, parsed.GetValue(gpu)));
            Working.Run(job, new WorkSettings
            {
                Part = parsed.GetValue(shard),
                ReadsLines = parsed.GetValue(lines),
                MaximumFailures = parsed.GetValue(maximumFailures),
                AllowsOtherVersions = parsed.GetValue(allowOthers),
                Source = parsed.GetValue(source),
                Gpu = parsed.GetValue(gpu),
            }, reporter, surroundings);
            // Who watches over a worker says it.
            return surroundings.IsWorker ? ExitCode.Success : StatusCommand.Report(job, reporter);
        });
        return command;
    }
}

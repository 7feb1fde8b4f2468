using System.CommandLine;
using Iba.Orleans;

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
        var orleans = new Option<string?>("--orleans") { Description = "Shards that the coordinator there hands out ('iba coordinate').", HelpName = "host:port" };
        orleans.Validators.Add(result =>
        {
            string? address = result.GetValueOrDefault<string?>();
            if (address == null || OrleansFeedOptions.IsAddress(address)) return;
            result.AddError($"--orleans is '{address}'; it must be a machine's name or address, a colon and a port, such as node7:{JobCoordinatorOptions.DefaultPort}.");
        });
        var redis = SharedOptions.Redis();
        var tls = SharedOptions.Tls();
        var modelCache = new Option<string?>("--model-cache")
        {
            Description = "Where this machine keeps copies of models. Default with --orleans and --redis: below this user's data; else the model is read in the job's folder.",
            HelpName = "folder",
        };
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
                ("iba work job --orleans node7:30000", "As many as you like on any machine; 'iba coordinate job' runs on node7."),
                ("seq 0 99 | iba work job --stdin", "The first hundred shards."),
            ],
        };
        command.Add(folder);
        foreach (var option in new Option[] { shard, join, lines, orleans, redis, tls, modelCache, maximumFailures, allowOthers, source, gpu }) command.Add(option);
        command.Validators.Add(result =>
        {
            int ways = new Option[] { shard, join, lines, orleans, redis }.Count(option => result.GetResult(option) is { Implicit: false });
            if (ways > 1) result.AddError("--shard, --join, --stdin, --orleans and --redis are ways of sharing the work: choose one.");
            if (result.GetResult(tls) is { Implicit: false } && ways == 0) result.AddError("--tls is about connections to a coordinator: name one with --orleans or --redis.");
        });
        command.Does((parsed, reporter) =>
        {
            var job = surroundings.OpenJob(parsed.GetValue(folder)!, Context.Create(reporter, parsed.GetValue(gpu)));
            bool isCoordinated = parsed.GetValue(orleans) != null || parsed.GetValue(redis) != null;
            Working.Run(job, new WorkSettings
            {
                Part = parsed.GetValue(shard),
                ReadsLines = parsed.GetValue(lines),
                Orleans = isCoordinated ? new OrleansSettings(parsed.GetValue(orleans), parsed.GetValue(redis), parsed.GetValue(tls)) : null,
                ModelCache = parsed.GetValue(modelCache) ?? (isCoordinated ? OrleansSettings.DefaultModelCache : null),
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

using System.CommandLine;
using Iba.Jobs;

namespace Iba.Cli;

/// <summary><c>iba plan</c>: the folder of a job, for workers to come.</summary>
internal static class PlanCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var inputs = Inputs.Argument();
        var output = new Option<string>("--output") { Description = "The job's folder.", Required = true };
        var explainer = new ExplainerOptions();
        var gpu = SharedOptions.Gpu();
        var plan = new PlanOptions();
        var command = new ExampleCommand("plan", "Plans a job, for 'iba work' in any number of processes, on any number of machines.", surroundings)
        {
            Examples =
            [
                ("iba plan photos --model explainer.zip --output job", "Lists the photographs and copies the model; prints how many shards there are."),
                ("iba plan list.txt --model explainer.zip --output job --shard-rows 32", "Files that a list names, in shards of 32."),
            ],
        };
        command.Add(inputs);
        command.Add(output);
        explainer.AddTo(command);
        command.Add(gpu);
        plan.AddTo(command);
        command.Does((parsed, reporter) =>
        {
            var source = Inputs.Source(parsed.GetValue(inputs)!);
            using var temporary = new ScratchFolder();
            string zip = explainer.Zip(parsed, source, temporary, reporter, parsed.GetValue(gpu), surroundings.Cancellation);
            var job = IbaJob.Plan(parsed.GetValue(output)!, plan.ToOptions(parsed, zip, source), Context.Create(reporter, parsed.GetValue(gpu)));
            reporter.Result(
                new { job = job.Folder, job.Details.Id, job.Details.Rows, job.Details.Shards },
                $"{job.Details.Rows:N0} rows in {job.Details.Shards:N0} shards, numbered from 0: {job.Folder}");
            return ExitCode.Success;
        });
        return command;
    }
}

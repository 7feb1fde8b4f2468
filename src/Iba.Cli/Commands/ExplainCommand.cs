using System.CommandLine;
using Iba.Jobs;

namespace Iba.Cli;

/// <summary><c>iba explain</c>: photographs to pictures, or a data set to a job, from the plan to the report.</summary>
internal static class ExplainCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var inputs = Inputs.Argument();
        var output = new Option<string?>("--output") { Description = "The job's folder. Default: photographs make none; else named as the data, with '.job'." };
        var pictures = new Option<string?>("--pictures") { Description = "Where the pictures of photographs go. Default: the current folder." };
        var noReport = new Option<bool>("--no-report") { Description = "Write no report.html." };
        var maximumFailures = SharedOptions.MaximumFailures();
        var gpu = SharedOptions.Gpu();
        var explainer = new ExplainerOptions();
        var plan = new PlanOptions();
        var command = new ExampleCommand("explain", "Explains photographs, one by one into pictures, or a whole data set into a job with a result and a report.", surroundings)
        {
            Examples =
            [
                ("iba explain photo.jpg", "Prints class, probability and bits, and writes photo.bits.png to the current folder."),
                ("iba explain photos --model explainer.zip --output job", "A folder; job/result.parquet and job/report.html. Interrupted? The same again goes on."),
                ("iba explain photos --network resnet50.onnx --preprocessing imagenet", "A network of your own, whose layer is measured on the same photographs."),
                ("iba explain rows.parquet --model explainer.zip", "A table with the columns that the model reads."),
            ],
        };
        command.Add(inputs);
        explainer.AddTo(command);
        foreach (var option in new Option[] { output, pictures, noReport, maximumFailures, gpu }) command.Add(option);
        plan.AddTo(command);
        command.Does((parsed, reporter) =>
        {
            string[] paths = parsed.GetValue(inputs)!;
            var source = Inputs.Source(paths);
            string? folder = parsed.GetValue(output);
            var context = Context.Create(reporter, parsed.GetValue(gpu));
            using var temporary = new ScratchFolder();
            if (folder == null && Inputs.ArePhotographs(paths))
            {
                Refuse(parsed, [maximumFailures, noReport, .. plan.OfJobs], "belongs to a job: add --output JOB");
                var model = explainer.Load(parsed, source, temporary, context, reporter, parsed.GetValue(gpu), surroundings.Cancellation);
                return PhotographExplanation.Run(context, model, source, parsed.GetValue(plan.Threads), parsed.GetValue(pictures) ?? "", reporter, surroundings);
            }

            Refuse(parsed, [pictures], "belongs to photographs that make no job: a job has their maps, and 'report.html' shows them");
            string zip = explainer.Zip(parsed, source, temporary, reporter, parsed.GetValue(gpu), surroundings.Cancellation);
            folder ??= Path.TrimEndingDirectorySeparator(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(paths[0])))) + ".job";
            IbaJob.Plan(folder, plan.ToOptions(parsed, zip, source), context);
            var job = surroundings.OpenJob(folder, context);
            if (!job.Status().IsComplete)
            {
                Working.Run(job, new WorkSettings { MaximumFailures = parsed.GetValue(maximumFailures), Gpu = parsed.GetValue(gpu) }, reporter, surroundings);
            }

            var merged = job.Merge(surroundings.Cancellation);
            string? report = parsed.GetValue(noReport) ? null : Path.Combine(job.Folder, JobReport.FileName);
            if (report != null) JobReport.Write(job, context, report, Path.GetFileName(job.Folder), source: null, areBytes: false, reporter, surroundings.Cancellation);
            reporter.Result(
                new { merged.Rows, merged.Failures, merged.Conflicts, job = job.Folder, result = merged.ResultPath, merged.Sha256, report },
                $"{merged.Rows:N0} rows, {merged.Failures:N0} of them not explained: {merged.ResultPath}", report == null ? null : $"To look through: {report}");
            return merged.Failures > 0 ? ExitCode.SomeRowsFailed : ExitCode.Success;
        });
        return command;
    }

    // What would have no effect is not taken.
    private static void Refuse(ParseResult parsed, IEnumerable<Option> options, string why)
    {
        if (options.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } lone) throw new UsageException($"{lone.Name} {why}.");
    }
}

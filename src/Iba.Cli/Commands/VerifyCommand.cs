using System.CommandLine;
using System.Globalization;
using Iba.Jobs;

namespace Iba.Cli;

/// <summary><c>iba verify</c>: a sample of rows, computed again.</summary>
internal static class VerifyCommand
{
    private const int DefaultSample = 20;

    public static Command Create(Surroundings surroundings)
    {
        var folder = SharedOptions.Job();
        var sample = SharedOptions.Whole("--sample", $"How many rows. Default: {DefaultSample}.", least: 1);
        var seed = SharedOptions.Whole("--seed", "Chooses the rows: equal seeds choose equal ones. Default: 0.", least: 0);
        var allowOthers = SharedOptions.AllowOtherVersions();
        var source = SharedOptions.Source();
        var gpu = SharedOptions.Gpu();
        var command = new ExampleCommand("verify", "Computes a sample of a job's rows again and says whether they have the same bits.", surroundings)
        {
            Examples = [("iba verify job --sample 50", "Ends with 1 where a row came out otherwise, and names it.")],
        };
        command.Add(folder);
        foreach (var option in new Option[] { sample, seed, allowOthers, source, gpu }) command.Add(option);
        command.Does((parsed, reporter) =>
        {
            var job = surroundings.OpenJob(parsed.GetValue(folder)!, Context.Create(reporter, parsed.GetValue(gpu)));
            var settings = new WorkSettings { AllowsOtherVersions = parsed.GetValue(allowOthers), Source = parsed.GetValue(source) };
            var verified = job.Verify(parsed.GetValue(sample) ?? DefaultSample, parsed.GetValue(seed) ?? 0, settings.ToOptions(), surroundings.Cancellation);
            foreach (var difference in verified.Differences) reporter.Row(difference, Words(difference));
            reporter.Result(
                new { verified.Rows, verified.Skipped, differences = verified.Differences.Count, verified.IsSame },
                $"{verified.Rows:N0} rows computed again: {(verified.IsSame ? "the same bits" : $"{verified.Differences.Count:N0} came out otherwise")}",
                verified.Skipped > 0 ? $"{verified.Skipped:N0} rows of the sample end the process that computes them, and were left out" : null);
            return verified.IsSame ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static string Words(RowDifference difference)
        => difference.Failure is { } failure ? $"{difference.Uri}: {failure}" : string.Create(CultureInfo.InvariantCulture, $"{difference.Uri}: differs by up to {difference.LargestDifference:G3}");
}

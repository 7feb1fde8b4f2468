using System.CommandLine;

namespace Iba.Cli;

/// <summary><c>iba report</c>: the gallery of a job's rows.</summary>
internal static class ReportCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var folder = SharedOptions.Job();
        var output = new Option<string?>("--output") { Description = $"The HTML file. Default: {JobReport.FileName} in the job's folder." };
        var title = new Option<string?>("--title") { Description = "The report's title. Default: the folder's name." };
        var source = SharedOptions.Source();
        var bytes = new Option<bool>("--bytes") { Description = "The whole numbers of the table's explained column are bytes. Default: where its type says so." };
        var command = new ExampleCommand("report", "Writes a job's rows as one web page to look through; rows that are not done yet are left out.", surroundings)
        {
            Examples = [("iba report job", "Writes job/report.html."), ("iba report job --output dogs.html --title Dogs", "Elsewhere, with a title.")],
        };
        command.Add(folder);
        foreach (var option in new Option[] { output, title, source, bytes }) command.Add(option);
        command.Does((parsed, reporter) =>
        {
            var context = Context.Create(reporter);
            var job = surroundings.OpenJob(parsed.GetValue(folder)!, context);
            string path = parsed.GetValue(output) ?? Path.Combine(job.Folder, JobReport.FileName);
            JobReport.Write(job, context, path, parsed.GetValue(title) ?? Path.GetFileName(job.Folder), parsed.GetValue(source), parsed.GetValue(bytes), reporter, surroundings.Cancellation);
            var status = job.Status();
            reporter.Result(new { report = Path.GetFullPath(path), rows = status.RowsDone }, $"{status.RowsDone:N0} rows: {Path.GetFullPath(path)}");
            return ExitCode.Success;
        });
        return command;
    }
}

// JobWorker JOB MILLISECONDS-A-ROW KILLER-ROWS: works on a job without a network by leases in its folder; prints a line at its first row, and what it did.
using System.Globalization;
using Iba.Jobs.Tests;

var duration = TimeSpan.FromMilliseconds(double.Parse(args[1], CultureInfo.InvariantCulture));
HashSet<long> killers = [.. args[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(row => long.Parse(row, CultureInfo.InvariantCulture))];
var job = StubJob.Open(args[0], () => new StubExplainer(duration, killers));
Console.WriteLine(job.Work(options: new Iba.Jobs.WorkOptions { Progress = new FirstRow() }));

/// <summary>Prints a line when a row is done for the first time.</summary>
internal sealed class FirstRow : IProgress<Iba.Jobs.JobProgress>
{
    private bool _told;

    public void Report(Iba.Jobs.JobProgress value)
    {
        if (_told) return;
        _told = true;
        Console.WriteLine("working");
    }
}

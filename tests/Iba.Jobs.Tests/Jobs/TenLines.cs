namespace Iba.Jobs.Tests;

/// <summary>The program of docs/jobs.md.</summary>
internal static class TenLines
{
    public static void Run(string folder)
    {
        string Path(string name) => System.IO.Path.Combine(folder, name);

        var options = new JobOptions { Model = Path("explainer.zip"), Source = JobSource.Folder(Path("photos")) };
        var job = IbaJob.Plan(Path("job"), options);              // the same plan again changes nothing
        var work = job.Work();                            // in as many processes as there are, killed or not
        var status = job.Status();
        Console.WriteLine($"{work.Rows} rows here, {status.RowsDone} of {status.Rows} in all, {status.Failures} not explained");
        if (status.IsComplete) job.Merge();                       // job/result.parquet and job/manifest.json
        foreach (var row in job.Rows().Where(row => row.Failure == null).OrderByDescending(row => row.Bits).Take(3))
        {
            Console.WriteLine($"{row.Uri}: {row.Bits:F0} bits for {row.TargetName ?? $"class {row.Target}"}");
        }
    }
}

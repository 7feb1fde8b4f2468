using System.Globalization;

namespace Iba.Jobs;

/// <summary>Reads a job's folder for its status.</summary>
internal static class StatusReader
{
    public static JobStatus Read(JobFolder folder, JobPlan plan)
    {
        var committed = folder.Committed();
        var attempts = new AttemptLog(folder, new WorkOptions().LeaseTime);
        int deaths = Directory.Exists(folder.Attempts) ? attempts.Deaths().Count : 0;
        return new JobStatus(
            plan.Id,
            plan.Rows,
            committed.Sum(shard => (long)plan.RangeOf(shard).Count),
            committed.Sum(shard => Failures(folder.Shard(shard))),
            plan.Shards,
            committed.Count,
            Directory.Exists(folder.Attempts) ? attempts.Working() : 0,
            deaths,
            Directory.Exists(folder.Conflicts) ? Directory.EnumerateFiles(folder.Conflicts).Count() : 0,
            File.Exists(folder.Result) && File.Exists(folder.Manifest));
    }

    /// <summary>The failures in a shard, as its file says.</summary>
    public static long Failures(string path)
    {
        using var reader = new ResultReader(path);
        return long.Parse(reader.Notes.GetValueOrDefault(ResultWriter.FailuresKey, "0"), CultureInfo.InvariantCulture);
    }
}

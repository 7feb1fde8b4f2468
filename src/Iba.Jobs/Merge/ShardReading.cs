using System.Globalization;

namespace Iba.Jobs;

/// <summary>Reads committed shards, and checks that they are this job's.</summary>
internal static class ShardReading
{
    /// <summary>The rows of a shard: each number once, none left out.</summary>
    /// <exception cref="JobException">The file is damaged, another job's, or another shard's.</exception>
    public static IEnumerable<JobRow> Rows(JobFolder folder, JobPlan plan, int shard)
    {
        using var reader = new ResultReader(folder.Shard(shard));
        var (first, count) = plan.RangeOf(shard);
        if (reader.Notes.GetValueOrDefault(ShardNotes.Job) != plan.Id
            || reader.Notes.GetValueOrDefault(ShardNotes.FirstRow) != first.ToString(CultureInfo.InvariantCulture)
            || reader.Count != count)
        {
            throw Foreign(reader.Path, shard);
        }

        long row = first;
        foreach (var found in reader.Rows())
        {
            if (found.Row != row++) throw Foreign(reader.Path, shard);
            yield return found;
        }
    }

    private static JobException Foreign(string path, int shard)
        => new($"'{path}' is not shard {shard} of this job: it was put there by something else. Delete it, and work on the job again.");
}

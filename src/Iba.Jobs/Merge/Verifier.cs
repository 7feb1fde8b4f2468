namespace Iba.Jobs;

/// <summary>Computes a sample of rows again and compares every bit.</summary>
internal sealed class Verifier(JobFolder folder, JobPlan plan, IRowExplainer explainer)
{
    /// <summary>Verifies.</summary>
    /// <param name="sample">How many rows, out of the committed shards.</param>
    /// <param name="seed">Chooses them.</param>
    /// <param name="cancellation">Ends the work.</param>
    public VerifySummary Verify(int sample, int seed, CancellationToken cancellation)
    {
        int rows = 0, skipped = 0;
        var differences = new List<RowDifference>();
        foreach (var group in Choose(sample, seed).GroupBy(row => (int)(row / plan.ShardRows)))
        {
            var chosen = group.ToHashSet();
            var (first, count) = plan.RangeOf(group.Key);
            var inputs = InputsFile.Read(folder.Inputs, first, count);
            foreach (var was in ShardReading.Rows(folder, plan, group.Key).Where(row => chosen.Contains(row.Row)))
            {
                if (was.Failure == ShardRunner.Killer)
                {
                    skipped++;
                    continue;
                }

                var now = explainer.Explain([inputs[was.Row - first]], cancellation).Single();
                rows++;
                if (HashOf(was) != HashOf(now)) differences.Add(new RowDifference(was.Row, was.Uri, LargestDifference(was.Heatmap, now.Heatmap), now.Failure));
            }
        }

        return new VerifySummary(rows, skipped, differences);
    }

    private IEnumerable<long> Choose(int sample, int seed)
    {
        int[] shards = [.. folder.Committed()];
        if (shards.Length == 0) throw new JobException("No shard is committed yet, so that there is nothing to verify. Work on the job first.");
        long[] all = [.. shards.SelectMany(shard =>
        {
            var (first, count) = plan.RangeOf(shard);
            return Enumerable.Range(0, count).Select(i => first + i);
        })];
        new Random(seed).Shuffle(all);
        return all.Take(sample).Order();
    }

    private static string HashOf(JobRow row)
    {
        using var hash = new ContentHash();
        hash.Add(row);
        return hash.ToString();
    }

    private static double LargestDifference(float[]? one, float[]? other)
        => one == null || other == null || one.Length != other.Length ? double.PositiveInfinity : one.Zip(other, (a, b) => Math.Abs((double)a - b)).DefaultIfEmpty().Max();
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace Iba.Jobs;

/// <summary>Makes one file of all shards, and says what it was made of.</summary>
internal sealed class Merger(JobFolder folder, JobPlan plan, FileCommit commit)
{
    private const int MostNamed = 5;

    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Merges.</summary>
    /// <exception cref="JobException">Shards are missing, damaged or another job's, or another result is there.</exception>
    public MergeSummary Merge(CancellationToken cancellation)
    {
        CheckComplete();
        var shards = new List<ManifestShard>();
        var result = commit.Publish(folder.Temporary("result"), folder.Result, stream =>
        {
            using var writer = new ResultWriter(stream, ShardNotes.Of(plan, 0));
            for (int shard = 0; shard < plan.Shards; shard++)
            {
                long rows = writer.Rows, failures = writer.Failures;
                foreach (var row in ShardReading.Rows(folder, plan, shard))
                {
                    cancellation.ThrowIfCancellationRequested();
                    writer.Add(row);
                }

                string path = folder.Shard(shard);
                shards.Add(new ManifestShard(shard, new FileInfo(path).Length, FileCommit.HashOf(path), writer.Rows - rows, writer.Failures - failures));
            }

            writer.Close();
        });
        if (result == CommitResult.Conflict)
        {
            throw new JobException($"'{folder.Result}' is there, and is not what the shards make: it was changed. Move it away, and merge again.");
        }

        string[] conflicts = Names(folder.Conflicts);
        string[] processors = [.. Names(folder.Runs).Select(name => RunRecord.Read(Path.Combine(folder.Runs, name))?.Processor).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        var summary = new MergeSummary(
            folder.Result, FileCommit.HashOf(folder.Result), shards.Sum(shard => shard.Rows), shards.Sum(shard => shard.Failures), conflicts.Length, processors);
        folder.Replace(folder.Manifest, JsonSerializer.SerializeToUtf8Bytes(
            new Manifest(plan.Id, summary.Sha256, summary.Rows, summary.Failures, processors, conflicts, shards), Format));
        RemoveAbandoned();
        return summary;
    }

    private void CheckComplete()
    {
        var committed = folder.Committed();
        int[] missing = [.. Enumerable.Range(0, plan.Shards).Where(shard => !committed.Contains(shard))];
        if (missing.Length == 0) return;
        throw new JobException(
            $"{missing.Length} of {plan.Shards} shards are missing ({string.Join(", ", missing.Take(MostNamed))}{(missing.Length > MostNamed ? ", ..." : "")}): work on the job again, then merge.");
    }

    // Of processes that died while they wrote; nobody waits for these any more.
    private void RemoveAbandoned()
    {
        string temporary = Path.GetDirectoryName(folder.Temporary("x"))!;
        foreach (string file in Directory.EnumerateFiles(temporary).Where(file => DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Abandoned)) File.Delete(file);
    }

    private static string[] Names(string path)
        => Directory.Exists(path) ? [.. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)] : [];

    private sealed record ManifestShard(int Shard, long Bytes, string Sha256, long Rows, long Failures);

    private sealed record Manifest(
        string Job, string ResultSha256, long Rows, long Failures, IReadOnlyList<string> Processors, IReadOnlyList<string> Conflicts, IReadOnlyList<ManifestShard> Shards);
}

using System.Diagnostics;

namespace Iba.Jobs;

/// <summary>Computes a shard and commits it, as often as anybody asks: one exists afterwards, and it is the first.</summary>
/// <param name="folder">The job's folder.</param>
/// <param name="plan">The plan.</param>
/// <param name="explainer">Explains the rows; not disposed.</param>
/// <param name="commit">Commits.</param>
/// <param name="attempts">Who tries what.</param>
internal sealed class ShardRunner(JobFolder folder, JobPlan plan, IRowExplainer explainer, FileCommit commit, AttemptLog attempts)
{
    /// <summary>What the result says of a row that ends processes: the same on every machine.</summary>
    public const string Killer = "The process that explained this row ended before it was done, each time that it was tried (out of memory, or an error in native code).";

    /// <summary>After so many deaths at a shard its rows are tried one by one, and after so many at a row it is given up: one may be another's fault.</summary>
    private const int MostDeaths = 2;

    private Attempt? _current;

    /// <summary>Told every row once it is done; may throw to give up.</summary>
    public Action<JobRow>? RowDone { get; init; }

    /// <summary>Computes a shard, unless it is there.</summary>
    /// <param name="shard">Its number.</param>
    /// <param name="cancellation">Ends the work after the rows under way; nothing of the shard is kept.</param>
    public ShardOutcome Run(int shard, CancellationToken cancellation)
    {
        if (folder.IsCommitted(shard)) return new ShardOutcome(CommitResult.AlreadyThere, 0, 0);
        var (first, count) = plan.RangeOf(shard);
        using var activity = JobTelemetry.Activities.StartActivity(JobTelemetry.ShardActivityName)?.SetTag("job", plan.Id).SetTag("shard", shard);
        var started = DateTime.UtcNow;
        var clock = Stopwatch.StartNew();
        var inputs = InputsFile.Read(folder.Inputs, first, count);
        var deaths = attempts.Deaths(shard);
        var attempt = _current = attempts.Begin(shard);
        bool oneByOne = deaths.Count >= MostDeaths;
        long failures = 0;
        CommitResult result;
        try
        {
            result = commit.Publish(
                folder.Temporary(JobFolder.ShardName(shard)),
                folder.Shard(shard),
                stream => failures = Write(stream, first, oneByOne ? OneByOne(inputs, deaths, attempt, cancellation) : explainer.Explain(inputs, cancellation)),
                folder.Conflicts);
        }
        catch (Exception failure) when (failure is not ProcessEndedException)
        {
            attempt.End();
            throw;
        }

        attempt.End();
        attempts.Clear(shard);
        Record(shard, new RunRecord
        {
            Worker = WorkerRecord.WorkerName,
            Processor = explainer.Processor,
            Threads = plan.Threads,
            Started = started,
            Seconds = clock.Elapsed.TotalSeconds,
            Rows = count,
            Failures = failures,
            Outcome = result.ToString(),
            OneByOne = oneByOne,
            LibraryVersion = JobVersions.Library,
            TorchVersion = explainer.TorchVersion,
        });
        string outcome = result.ToString().ToLowerInvariant();
        JobTelemetry.Shards.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        activity?.SetTag("rows", count).SetTag("failures", failures).SetTag("outcome", outcome);
        return new ShardOutcome(result, count, failures);
    }

    /// <summary>Gives a sign of life, from any thread.</summary>
    public void Renew() => _current?.Renew();

    private long Write(Stream stream, long first, IEnumerable<JobRow> rows)
    {
        using var writer = new ResultWriter(stream, ShardNotes.Of(plan, first));
        long before = Stopwatch.GetTimestamp();
        foreach (var row in rows)
        {
            writer.Add(row);
            long now = Stopwatch.GetTimestamp();
            JobTelemetry.RowDuration.Record(Stopwatch.GetElapsedTime(before, now).TotalSeconds);
            before = now;
            JobTelemetry.Rows.Add(1);
            if (row.Failure != null) JobTelemetry.Failures.Add(1);
            RowDone?.Invoke(row);
        }

        writer.Close();
        return writer.Failures;
    }

    private IEnumerable<JobRow> OneByOne(JobInput[] inputs, IReadOnlyList<long?> deaths, Attempt attempt, CancellationToken cancellation)
    {
        foreach (var input in inputs)
        {
            if (deaths.Count(row => row == input.Row) >= MostDeaths)
            {
                yield return JobRow.Failed(input, Killer);
                continue;
            }

            attempt.At(input.Row);
            foreach (var row in explainer.Explain([input], cancellation)) yield return row;
        }
    }

    private void Record(int shard, RunRecord record) => folder.Replace(Path.Combine(folder.Runs, $"{JobFolder.ShardName(shard)}.{record.Worker}.json"), record.ToBytes());
}

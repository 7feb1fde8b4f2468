namespace Iba.Jobs;

/// <summary>The loop that every way of running has: a shard from the feed, computed, committed, given back.</summary>
internal sealed class Worker(JobFolder folder, JobPlan plan, IRowExplainer explainer, FileCommit commit, WorkOptions options)
{
    private const int SignsPerLease = 4;

    private long _rows, _failures, _failuresBefore;
    private int _shards, _duplicates, _conflicts;

    public WorkSummary Run(IShardFeed feed, CancellationToken cancellation)
    {
        _failuresBefore = options.MaximumFailures == null ? 0 : folder.Committed().Sum(shard => StatusReader.Failures(folder.Shard(shard)));
        var runner = new ShardRunner(folder, plan, explainer, commit, new AttemptLog(folder, options.LeaseTime)) { RowDone = Count };
        while (feed.Next(cancellation) is { } lease)
        {
            bool isCommitted = false;
            using (var signs = new SignsOfLife(options.LeaseTime / SignsPerLease, () => { runner.Renew(); feed.Renew(lease); }))
            {
                try
                {
                    Count(runner.Run(lease.Shard, cancellation));
                    isCommitted = true;
                }
                catch (ProcessEndedException)
                {
                    throw;
                }
                catch
                {
                    signs.Stop();
                    feed.Done(lease, isCommitted);
                    throw;
                }
            }

            feed.Done(lease, isCommitted);
        }

        return new WorkSummary(_rows, _failures, _shards, _duplicates, _conflicts, folder.Committed().Count == plan.Shards);
    }

    private void Count(ShardOutcome outcome)
    {
        if (outcome.Rows == 0) return;
        if (outcome.Result == CommitResult.Committed) _shards++;
        else if (outcome.Result == CommitResult.AlreadyThere) _duplicates++;
        else _conflicts++;
        options.Progress?.Report(new JobProgress(_rows, _failures, _shards, plan.Rows));
    }

    private void Count(JobRow row)
    {
        _rows++;
        if (row.Failure != null) _failures++;
        options.Progress?.Report(new JobProgress(_rows, _failures, _shards, plan.Rows));
        if (row.Failure == null || options.MaximumFailures is not { } most || _failuresBefore + _failures <= most) return;
        throw new JobException(
            $"{_failuresBefore + _failures} rows failed, more than {nameof(WorkOptions.MaximumFailures)} ({most}) allows; the last is row {row.Row} ({row.Uri}): {row.Failure} " +
            "Mend the cause and plan anew, or allow more.");
    }
}

namespace Iba.Scale;

/// <summary>
/// Measures stalls of one job: how long nothing is committed although work is left and a worker lives. A worker that is stopped, or whose process has not
/// come to its first line, does not live: nobody could do the work.
/// </summary>
internal sealed class StallWatch
{
    private int _done;
    private TimeSpan _lookedAt, _committedAt, _lived;

    /// <summary>Told when a stall is over: when the last commit before it was, and how much of the time since a worker lived.</summary>
    public required Action<TimeSpan, TimeSpan> Over { get; init; }

    /// <summary>A look at the job. Time counts from the first commit on: before it, everything has to start.</summary>
    /// <param name="now">When.</param>
    /// <param name="done">The shards that are committed.</param>
    /// <param name="isAnyoneAlive">Whether a worker lives.</param>
    public void Look(TimeSpan now, int done, bool isAnyoneAlive)
    {
        if (isAnyoneAlive) _lived += now - _lookedAt;
        _lookedAt = now;
        if (done == _done) return;
        if (_done > 0) Over(_committedAt, _lived);
        (_done, _committedAt, _lived) = (done, now, TimeSpan.Zero);
    }
}

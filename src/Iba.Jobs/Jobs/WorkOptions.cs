namespace Iba.Jobs;

/// <summary>How one process works on a job. Nothing here changes the result.</summary>
public sealed class WorkOptions
{
    /// <summary>Told after every row. Null (default): nobody.</summary>
    public IProgress<JobProgress>? Progress { get; init; }

    /// <summary>
    /// Work ends with an error once more rows than this have failed in the shards of the job, at least 0: for the case that something is wrong with
    /// all of them. Null (default): failures are rows of the result like others.
    /// </summary>
    public long? MaximumFailures { get; init; }

    /// <summary>
    /// Whether another version of this library, of libtorch or of the Parquet library than the plan's may go on, and a machine on which
    /// <see cref="Iba.Torch.TailPrecision.Auto"/> means something else than where the job was planned. Default false: they round differently, so that the result would
    /// be neither's.
    /// </summary>
    public bool AllowOtherVersions { get; init; }

    /// <summary>The folder of the pictures, or the table's file, on this machine. Null (default): where the plan says.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// A folder on this machine in which models are kept by their hash, for any number of jobs and processes, so that each is copied once from the job's
    /// folder. Trust it as you trust the job's. Null (default): the model is read where it is.
    /// </summary>
    public string? ModelCache { get; init; }

    /// <summary>
    /// After this time without a sign of life a process on another machine counts as dead, and its shard goes to others. At least a second; default
    /// one minute. Processes on this machine are looked up.
    /// </summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Throws when an option is out of its range.</summary>
    internal void Validate()
    {
        if (MaximumFailures < 0) throw new ArgumentOutOfRangeException(nameof(MaximumFailures), MaximumFailures, $"MaximumFailures is {MaximumFailures}; allowed: at least 0, or null.");
        if (LeaseTime < TimeSpan.FromSeconds(1)) throw new ArgumentOutOfRangeException(nameof(LeaseTime), LeaseTime, $"LeaseTime is {LeaseTime}; allowed: at least a second.");
    }
}

namespace Iba.Scale;

/// <summary>A cluster that is simulated. Times between failures are drawn from exponential distributions.</summary>
internal sealed record SimulationSettings
{
    /// <summary>Shards of the job.</summary>
    public int Shards { get; init; } = 100_000;

    /// <summary>Workers.</summary>
    public int Workers { get; init; } = 1000;

    /// <summary>A shard's time on a worker of mean speed; workers differ by up to a fifth.</summary>
    public TimeSpan ShardTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>After which silence a worker counts as dead.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From a worker's start to its death, in the mean.</summary>
    public TimeSpan WorkerLife { get; init; } = TimeSpan.FromHours(2);

    /// <summary>From a worker's death to its successor's start.</summary>
    public TimeSpan WorkerReplacement { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>From a worker's pause (its machine hangs, or its network is away) to its next one, in the mean.</summary>
    public TimeSpan PauseInterval { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How long a pause is: longer than a lease, so that the worker finishes late what another has begun.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>From a coordinator's start to its death, in the mean.</summary>
    public TimeSpan CoordinatorLife { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>From a coordinator's death until the next one answers.</summary>
    public TimeSpan CoordinatorReplacement { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The part of answers that get lost.</summary>
    public double LostAnswers { get; init; } = 0.001;

    /// <summary>Chooses all that is drawn.</summary>
    public int Seed { get; init; } = 1;
}

using System.Globalization;

namespace Iba.Scale;

/// <summary>What a simulation found.</summary>
internal sealed record SimulationResult
{
    /// <summary>Shards that are missing in the folder at the end.</summary>
    public required int Lost { get; init; }

    /// <summary>Shards that were committed more than once.</summary>
    public required int Doubled { get; init; }

    /// <summary>Shards whose file has other bytes than it should.</summary>
    public required int Damaged { get; init; }

    /// <summary>Shards that were computed to their end, whoever was first.</summary>
    public required int Executions { get; init; }

    /// <summary>Deaths of workers.</summary>
    public required int WorkerDeaths { get; init; }

    /// <summary>Pauses of workers.</summary>
    public required int Pauses { get; init; }

    /// <summary>Deaths of coordinators.</summary>
    public required int CoordinatorDeaths { get; init; }

    /// <summary>From the beginning to the last commit, in simulated time.</summary>
    public required TimeSpan Makespan { get; init; }

    /// <summary>Time of living workers, all together.</summary>
    public required TimeSpan WorkerTime { get; init; }

    /// <summary>The part of it in which they waited for a shard although some waited to be computed: for answers, and for a coordinator.</summary>
    public required TimeSpan Waited { get; init; }

    /// <summary>The part of it in which they computed what another had committed first.</summary>
    public required TimeSpan Repeated { get; init; }

    /// <summary>The part of it in which there was nothing to hand out: the end, at which some still compute.</summary>
    public required TimeSpan End { get; init; }

    /// <summary>Real time in the schedule's code.</summary>
    public required TimeSpan ScheduleTime { get; init; }

    /// <summary>Questions that the schedule answered.</summary>
    public required long Questions { get; init; }

    /// <summary>What coordination costs: waiting and repeated work, as a part of the workers' time.</summary>
    public double Overhead => (Waited + Repeated) / WorkerTime;

    /// <summary>The coordinator's work as a part of the job's time.</summary>
    public double ScheduleLoad => ScheduleTime / Makespan;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        | | |
        |---|---:|
        | lost, doubled, damaged shards | {Lost}, {Doubled}, {Damaged} |
        | deaths of workers, pauses of workers, deaths of coordinators | {WorkerDeaths:N0}, {Pauses:N0}, {CoordinatorDeaths:N0} |
        | shards computed to their end | {Executions:N0} |
        | time until the last commit | {Makespan.TotalHours:F2} h |
        | overhead: workers that wait while there is work, or repeat what another committed | {Overhead:P2} ({Waited / WorkerTime:P2} and {Repeated / WorkerTime:P2}) |
        | the end, at which there is nothing more to hand out | {End / WorkerTime:P2} |
        | the schedule's own time, real: {1e6 * ScheduleTime.TotalSeconds / Questions:F1} µs a question, {Questions:N0} questions | {ScheduleLoad:P3} of the job's time |
        """);
}

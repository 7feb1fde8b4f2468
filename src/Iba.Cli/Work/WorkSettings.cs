using System.Globalization;
using Iba.Jobs;
using Iba.Orleans;

namespace Iba.Cli;

/// <summary>How a job is worked on.</summary>
internal sealed record WorkSettings
{
    /// <summary>The processes' number and this one's, with every n-th shard; null: not so.</summary>
    public (int Index, int Count)? Part { get; init; }

    /// <summary>Whether numbers of shards come in as lines.</summary>
    public bool ReadsLines { get; init; }

    /// <summary>Where the coordinator is; null: there is none.</summary>
    public OrleansSettings? Orleans { get; init; }

    /// <inheritdoc cref="WorkOptions.ModelCache"/>
    public string? ModelCache { get; init; }

    /// <inheritdoc cref="WorkOptions.MaximumFailures"/>
    public long? MaximumFailures { get; init; }

    /// <inheritdoc cref="WorkOptions.AllowOtherVersions"/>
    public bool AllowsOtherVersions { get; init; }

    /// <inheritdoc cref="WorkOptions.Source"/>
    public string? Source { get; init; }

    /// <summary>The number of the graphics processor; null: the processor.</summary>
    public int? Gpu { get; init; }

    /// <summary>The same as it is typed.</summary>
    public IEnumerable<string> ToArguments()
    {
        if (Part is var (index, count)) foreach (string word in new[] { "--shard", string.Create(CultureInfo.InvariantCulture, $"{index}/{count}") }) yield return word;
        if (ReadsLines) yield return "--stdin";
        foreach (string word in Orleans?.ToArguments() ?? []) yield return word;
        if (ModelCache != null) foreach (string word in new[] { "--model-cache", ModelCache }) yield return word;
        if (MaximumFailures is { } failures) foreach (string word in new[] { "--max-failures", failures.ToString(CultureInfo.InvariantCulture) }) yield return word;
        if (AllowsOtherVersions) yield return "--allow-other-versions";
        if (Source != null) foreach (string word in new[] { "--source", Source }) yield return word;
        if (Gpu is { } gpu) foreach (string word in new[] { "--gpu", gpu.ToString(CultureInfo.InvariantCulture) }) yield return word;
    }

    /// <summary>Who hands out the shards; to be disposed where it can be.</summary>
    public IShardFeed Feed(IbaJob job, Reporter reporter, Surroundings surroundings)
        => Orleans != null ? new OrleansFeed(job, Orleans.ToOptions(reporter.Note))
            : ReadsLines ? job.LinesFeed(new InterruptibleReader(surroundings.Input, surroundings.Cancellation), surroundings.Output)
            : Part is var (index, count) ? job.PartFeed(index, count)
            : job.FolderFeed();

    /// <summary>The same for the library.</summary>
    public WorkOptions ToOptions(IProgress<JobProgress>? progress = null)
        => new() { MaximumFailures = MaximumFailures, AllowOtherVersions = AllowsOtherVersions, Source = Source, ModelCache = ModelCache, Progress = progress };
}

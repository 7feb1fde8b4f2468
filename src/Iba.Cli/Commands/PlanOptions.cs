using System.CommandLine;
using Iba.Jobs;
using Iba.MLNet;

namespace Iba.Cli;

/// <summary>The options of a plan.</summary>
internal sealed class PlanOptions
{
    private readonly Option<int?> _shardRows = SharedOptions.Whole("--shard-rows", "Rows in a shard, the unit that is handed out and committed. Default: 128.", least: 1);
    private readonly Option<bool> _inputSize = new("--full-maps")
    {
        Description = "Maps with a number for each pixel. Default: for each position of the layer, which is all that was found out, in a hundredth of the bytes.",
    };
    private readonly Option<bool> _hash = new("--hash-inputs")
    {
        Description = "Put the hash of every picture into the plan, so that copies with another time are known to be the same.",
    };

    /// <summary>libtorch's threads.</summary>
    public Option<int?> Threads { get; } = SharedOptions.Whole(
        "--threads", "libtorch's threads in every worker; other numbers round differently. Default: OMP_NUM_THREADS, or the cores.", least: 1);

    /// <summary>Those that mean nothing without a job.</summary>
    public Option[] OfJobs => [_shardRows, _inputSize, _hash];

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _shardRows, _inputSize, _hash, Threads }) command.Add(option);
    }

    /// <summary>The plan's options.</summary>
    public JobOptions ToOptions(ParseResult parsed, string model, JobSource source) => new()
    {
        Model = model,
        Source = source,
        ShardRows = parsed.GetValue(_shardRows) ?? new JobOptions { Model = model, Source = source }.ShardRows,
        MapSize = parsed.GetValue(_inputSize) ? MapSize.Input : MapSize.Layer,
        HashInputs = parsed.GetValue(_hash),
        Threads = parsed.GetValue(Threads),
    };
}

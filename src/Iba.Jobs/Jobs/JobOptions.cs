using Iba.MLNet;

namespace Iba.Jobs;

/// <summary>What a job explains, and how.</summary>
public sealed class JobOptions
{
    /// <summary>
    /// The model zip: an explainer of this library alone or in a chain, as <c>mlContext.Model.Save</c> wrote it. Its copy lies in the job's folder.
    /// What follows the explainer in a chain is not run. Required. It is loaded by <c>mlContext.Model.Load</c>: trust it as you trust a program.
    /// </summary>
    public required string Model { get; init; }

    /// <summary>The rows. Required.</summary>
    public required JobSource Source { get; init; }

    /// <summary>
    /// The size of the maps in the result. Default <see cref="MapSize.Layer"/>: all that was found out, in a hundredth of the bytes; readers
    /// stretch them with <see cref="Iba.Torch.Heatmap.Resize"/>.
    /// </summary>
    public MapSize MapSize { get; init; } = MapSize.Layer;

    /// <summary>
    /// Rows in a shard, the unit that is handed out and committed: half a minute to two minutes of work. 1 to 1,000,000; default 128. What a
    /// process had done of a shard when it ended is done again.
    /// </summary>
    public int ShardRows { get; init; } = 128;

    /// <summary>
    /// The number of libtorch's threads of every worker, at least 1: other numbers round differently. Null (default): as this process has it
    /// (<c>OMP_NUM_THREADS</c>).
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Whether the plan has the hash of every picture, so that copies with another time are known to be the same. It reads every file once. Default
    /// false: size and time tell.
    /// </summary>
    public bool HashInputs { get; init; }

    /// <summary>The model's input column that takes the paths of pictures. Null (default): the one that the explainer or the model reads as text.</summary>
    public string? PathColumn { get; init; }

    /// <summary>Throws when an option is out of its range.</summary>
    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Model)) throw new ArgumentException("Model is empty; give the path of a model zip.", nameof(Model));
        ArgumentNullException.ThrowIfNull(Source);
        if (!Enum.IsDefined(MapSize)) throw new ArgumentOutOfRangeException(nameof(MapSize), MapSize, $"MapSize is {MapSize}; allowed: {string.Join(", ", Enum.GetNames<MapSize>())}.");
        if (ShardRows is < 1 or > 1_000_000) throw new ArgumentOutOfRangeException(nameof(ShardRows), ShardRows, $"ShardRows is {ShardRows}; allowed: 1 to 1,000,000.");
        if (Threads < 1) throw new ArgumentOutOfRangeException(nameof(Threads), Threads, $"Threads is {Threads}; allowed: at least 1, or null.");
    }
}

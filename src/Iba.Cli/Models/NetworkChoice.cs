using Iba.MLNet;
using Iba.Onnx;
using Iba.Torch;

namespace Iba.Cli;

/// <summary>A network, and how it is explained, as it was typed.</summary>
internal sealed record NetworkChoice
{
    /// <summary>The column of paths in fitted explainers.</summary>
    public const string PathColumn = "Path";

    private const string MapColumn = "Bits";

    /// <summary>The file, of a kind that <see cref="NetworkFile"/> loads.</summary>
    public required string Network { get; init; }

    /// <summary>The shape of a row, for files that do not say it; null: none was given.</summary>
    public IReadOnlyList<long>? InputShape { get; init; }

    /// <inheritdoc cref="AttributionOptions.Layer"/>
    public string? Layer { get; init; }

    /// <summary>A name out of <see cref="PreprocessingNames"/>.</summary>
    public string? Preprocessing { get; init; }

    /// <summary>A text file with the name of class i in line i.</summary>
    public string? Classes { get; init; }

    /// <inheritdoc cref="IbaEstimator.Options.Beta"/>
    public double? Beta { get; init; }

    /// <inheritdoc cref="IbaEstimator.Options.Preset"/>
    public IbaPreset Preset { get; init; }

    /// <inheritdoc cref="AttributionOptions.TargetIndex"/>
    public int? Target { get; init; }

    /// <inheritdoc cref="IbaEstimator.Options.Seed"/>
    public long Seed { get; init; }

    /// <inheritdoc cref="IbaEstimator.Options.PerChannelStatistics"/>
    public bool? PerChannel { get; init; }

    /// <summary>Loads the network.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no network.</exception>
    public Network Load() => NetworkFile.Load(Network, InputShape);

    /// <summary>Options for a network that was loaded.</summary>
    /// <param name="network">The network.</param>
    /// <param name="column">The column that is explained.</param>
    /// <param name="progress">Told how far measuring is; null: nobody.</param>
    public IbaEstimator.Options ToOptions(Network network, string column, IProgress<IbaProgress>? progress = null)
    {
        var preprocessing = PreprocessingNames.Find(Preprocessing);
        if (column == PathColumn && preprocessing == null && (network as OnnxNetwork)?.Pixels == null)
        {
            throw new UsageException(
                $"'{Network}' does not say how pictures become numbers: add --preprocessing {string.Join(" or ", PreprocessingNames.All)}, whichever it was trained with.");
        }

        return new IbaEstimator.Options
        {
            OutputColumnName = MapColumn,
            InputColumnName = column,
            Network = network,
            Layer = Layer,
            Preprocessing = column == PathColumn ? preprocessing : null,
            ClassNames = Classes == null ? null : File.ReadAllLines(Classes),
            Beta = Beta,
            Preset = Preset,
            TargetIndex = Target,
            Seed = Seed,
            PerChannelStatistics = PerChannel,
            BadRows = BadRowHandling.Missing,
            Progress = progress,
        };
    }
}

using Iba.Torch;
using TorchSharp;

namespace Iba.Evaluation;

/// <summary>A network that is explained by all contenders.</summary>
/// <param name="name">A short name, for files.</param>
/// <param name="title">What it is.</param>
/// <param name="network">The network; disposed with this.</param>
internal sealed class Subject(string name, string title, Network network) : IDisposable
{
    public string Name => name;

    public string Title => title;

    public Network Network => network;

    /// <summary>The rows of the comparison.</summary>
    public required IReadOnlyList<EvaluatedRow> Rows { get; init; }

    /// <summary>The rows that statistics are measured on: others.</summary>
    public required IReadOnlyList<EvaluatedRow> Measured { get; init; }

    public required IReadOnlyList<Contender> Contenders { get; init; }

    /// <summary>The id that replaces tokens; null: the rows are pictures.</summary>
    public long? Replacement { get; init; }

    /// <summary>Where the channels of the cuts' features are.</summary>
    public int ChannelDimension => Replacement == null ? 1 : 2;

    /// <summary>Mean and deviation of a layer.</summary>
    public LayerStatistics Statistics(string layer)
    {
        using var split = network.Split(layer);
        // Sentences have different lengths.
        using var accumulator = new LayerStatisticsAccumulator(ChannelDimension, perChannel: Replacement != null);
        foreach (var row in Measured)
        {
            using var scope = torch.NewDisposeScope();
            using var activation = split.Head(row.Inputs);
            accumulator.Add(activation.Features);
        }

        return accumulator.ToStatistics();
    }

    public void Dispose()
    {
        foreach (var tensor in Rows.Concat(Measured).SelectMany(row => row.Inputs)) tensor.Dispose();
        network.Dispose();
    }
}

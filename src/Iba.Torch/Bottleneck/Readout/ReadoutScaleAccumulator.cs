using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Measures the channels of the layers that are read.</summary>
/// <param name="cut">The network, cut; not disposed.</param>
/// <param name="channelDimension">The dimension of the channels in the bottleneck's features: layers of which nothing else is known are laid out like it.</param>
internal sealed class ReadoutScaleAccumulator(ReadoutCut cut, int channelDimension) : IDisposable
{
    private LayerStatisticsAccumulator[]? _layers;

    /// <summary>Adds rows.</summary>
    /// <param name="activation">What the cut gave for them.</param>
    /// <param name="mask">bool <c>[N, positions...]</c>: which positions of the bottleneck's layer count; null: all.</param>
    public void Add(ReadoutActivation activation, Tensor? mask)
    {
        bool isLast = channelDimension == activation.Features.dim() - 1 && channelDimension > 1;
        _layers ??= [.. activation.Readouts.Select((features, index) => new LayerStatisticsAccumulator(ChannelsOf(features.dim(), cut.ToldChannels[index], isLast), perChannel: true))];
        for (int index = 0; index < _layers.Length; index++)
        {
            var features = activation.Readouts[index];
            _layers[index].Add(features, features.dim() == 2 ? null : mask);
        }
    }

    /// <summary>What was measured; disposed by the caller.</summary>
    /// <exception cref="InvalidOperationException">There are too few rows.</exception>
    public ReadoutScale ToScale()
        => new([.. (_layers ?? throw new InvalidOperationException("Nothing was measured: add rows first.")).Select(layer => layer.ToStatistics())]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in _layers ?? []) layer.Dispose();
    }

    private static int ChannelsOf(long rank, int? told, bool isLast)
        => rank < 3 ? 1 : told is { } dimension ? (int)(dimension > 0 ? dimension : rank + dimension) : isLast ? (int)rank - 1 : 1;
}

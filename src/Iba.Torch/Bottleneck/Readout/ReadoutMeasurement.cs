using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Measures, batch by batch, what <see cref="ReadoutTraining"/> begins with: mean and deviation of the bottleneck's layer, which the noise has, and
/// of the channels that are read.
/// </summary>
public sealed class ReadoutMeasurement : IDisposable
{
    private readonly ReadoutCut _cut;
    private readonly LayerStatisticsAccumulator _layer;
    private readonly ReadoutScaleAccumulator _scale;

    /// <summary>Starts with no rows.</summary>
    /// <param name="cut">The network, cut; not disposed.</param>
    /// <param name="channelDimension">The dimension of the channels in the bottleneck's features. At least 1: what a readout weighs are channels. Null: what the network says, else 1.</param>
    /// <param name="perChannel">Whether the noise has a mean and a deviation for each channel instead of for each neuron.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no channels.</exception>
    public ReadoutMeasurement(ReadoutCut cut, int? channelDimension = null, bool perChannel = false)
    {
        ArgumentNullException.ThrowIfNull(cut);
        _cut = cut;
        int dimension = channelDimension ?? (cut.ChannelDimension is > 0 and var told ? told : cut.ChannelDimension < 0 ? cut.Layer.Shape.Count - 1 : 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1, nameof(channelDimension));
        _layer = new LayerStatisticsAccumulator(dimension, perChannel);
        _scale = new ReadoutScaleAccumulator(cut, dimension);
    }

    /// <summary>The number of rows added so far.</summary>
    public long Count => _layer.Count;

    /// <summary>Adds rows.</summary>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of the network's inputs.</param>
    /// <exception cref="ArgumentException">Features have another shape than before, or hold NaN or infinity.</exception>
    public void Add(IReadOnlyList<Tensor> inputs)
    {
        using var activation = (ReadoutActivation)_cut.Head(inputs);
        _layer.Add(activation.Features);
        _scale.Add(activation, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _layer.Dispose();
        _scale.Dispose();
    }

    /// <summary>What was measured of the bottleneck's layer; disposed by the caller.</summary>
    internal LayerStatistics ToStatistics() => _layer.ToStatistics();

    /// <summary>What was measured of the layers that are read; disposed by the caller.</summary>
    internal ReadoutScale ToScale() => _scale.ToScale();
}

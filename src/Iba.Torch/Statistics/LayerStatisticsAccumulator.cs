using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Measures a layer batch by batch, in float64, by Chan's parallel update; states merge and save.</summary>
public sealed class LayerStatisticsAccumulator : IDisposable
{
    /// <param name="channelDimension">1, or 2 for <c>[N, T, D]</c> features (tokens).</param>
    /// <param name="perChannel">Per channel over all positions instead of per neuron.</param>
    public LayerStatisticsAccumulator(int channelDimension = 1, bool perChannel = false) => throw new NotImplementedException();

    /// <summary>The number of rows added so far.</summary>
    public long Count => throw new NotImplementedException();

    /// <summary>Adds a batch of features <c>[N, ...]</c>.</summary>
    /// <param name="features">The layer's output.</param>
    /// <param name="mask">bool <c>[N, positions...]</c>: which positions count (padding is left out); only per channel. Null: all.</param>
    public void Add(Tensor features, Tensor? mask = null) => throw new NotImplementedException();

    /// <summary>Adds what another accumulator of the same kind measured (sharded fits).</summary>
    public void Merge(LayerStatisticsAccumulator other) => throw new NotImplementedException();

    /// <summary>The statistics of all rows so far.</summary>
    /// <param name="activeThreshold">A neuron is active when the share of rows in which it is not 0 is larger than this; default 0.01.</param>
    public LayerStatistics ToStatistics(double activeThreshold = 0.01) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}

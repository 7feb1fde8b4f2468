using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Standard normal noise for several versions of a row, the same for every row. Safe for use from several threads at once.</summary>
internal abstract class NoiseSource : IDisposable
{
    /// <summary>The noise of one step.</summary>
    /// <param name="step">0 to T - 1.</param>
    /// <param name="copies">The number of versions of a row, K.</param>
    /// <param name="row">The shape of one row of features, for example <c>[C, H, W]</c>.</param>
    /// <param name="channelDimension">Where the channels are in <c>[N, ...]</c> features; 0: there are none.</param>
    /// <param name="type">float32 or float64.</param>
    /// <param name="device">Where the noise is needed.</param>
    /// <param name="channelsLast">The order of the elements in memory, see <see cref="MemoryLayout"/>.</param>
    /// <returns><c>[1, K, ...]</c>, in the dispose scope around the call; not to be changed.</returns>
    public abstract Tensor Draw(
        int step, int copies, ReadOnlySpan<long> row, int channelDimension, ScalarType type, Device device, bool channelsLast = false);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes what the source keeps.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

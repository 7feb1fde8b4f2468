using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Turns capacity into bits per pixel (Schulz et al. 2020, section 3.3).</summary>
public static class Heatmap
{
    /// <summary>Sums capacity over channels, converts nats to bits and stretches the map to the input's size, conserving the total.</summary>
    /// <param name="capacity">In nats, <c>[N, C, h, w]</c>, <c>[N, C, l]</c>, <c>[N, T, D]</c> or <c>[N, C]</c>.</param>
    /// <param name="channelDimension">1, or 2 for <c>[N, T, D]</c>.</param>
    /// <param name="size">The input's spatial size: <c>[H, W]</c> or <c>[L]</c>.</param>
    /// <returns>float32 <c>[N, H, W]</c> in bits per pixel, or <c>[N, L]</c> in bits per position.</returns>
    public static Tensor FromCapacity(Tensor capacity, int channelDimension, params ReadOnlySpan<long> size) => throw new NotImplementedException();
}

using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What one row gives to one input of the network.</summary>
/// <param name="Values">A <c>float[]</c> or a <c>long[]</c>, row-major.</param>
/// <param name="Shape">The values' shape, without the batch.</param>
/// <param name="Picture">What the network sees of an image, for overlays; null for other values.</param>
internal sealed record InputValue(Array Values, IReadOnlyList<long> Shape, RgbImage? Picture = null)
{
    /// <summary>The row's own number of values.</summary>
    public int Length => Values.Length;
}

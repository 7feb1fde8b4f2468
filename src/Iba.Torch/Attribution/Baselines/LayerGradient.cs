using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The features of a layer and their gradient, on the positions of a map: what class activation maps are made of.</summary>
/// <param name="Features"><c>[N, C, positions...]</c>, or as the layer has them.</param>
/// <param name="Gradient">The same shape.</param>
/// <param name="ChannelDimension">Where the channels are in both.</param>
/// <param name="Mask">bool <c>[N, positions...]</c>: which positions exist; null: all.</param>
internal sealed record LayerGradient(Tensor Features, Tensor Gradient, int ChannelDimension, Tensor? Mask)
{
    /// <summary>Of the rows of a pass.</summary>
    /// <exception cref="InvalidOperationException">The score depends on tokens only that stand for no place.</exception>
    public static LayerGradient Of(AttributionPass pass)
    {
        var all = pass.FeatureGradient();
        var (gradient, channels) = pass.Arrange(all);
        // Then the map would be 0 everywhere, and say nothing.
        if (gradient.numel() < all.numel() && gradient.count_nonzero().item<long>() == 0 && all.count_nonzero().item<long>() > 0)
        {
            throw new InvalidOperationException(
                $"The score depends on the leading tokens of layer '{pass.Network.LayerName}' alone, none of the {gradient.shape[2] * gradient.shape[3]} places has a gradient: " +
                "choose a layer before the last attention, such as the normalisation in front of it.");
        }

        return new(pass.Arrange(pass.Features).Values, gradient, channels, pass.ArrangedMask);
    }

    /// <summary>The mean gradient of each channel over the positions that exist; every dimension of positions has size 1.</summary>
    public Tensor MeanOverPositions() => PositionMean.Of(Gradient, ChannelDimension, Mask);
}

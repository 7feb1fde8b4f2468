using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>One value per position out of one per feature, on the positions of a map.</summary>
internal static class ChannelReduction
{
    /// <summary>The largest absolute value of the channels: how much a position matters, in whatever direction.</summary>
    /// <param name="pass">The rows.</param>
    /// <param name="values">The shape of <see cref="AttributionPass.Features"/>.</param>
    public static Tensor LargestAbsolute(AttributionPass pass, Tensor values)
    {
        var (arranged, channels) = pass.Arrange(values.abs());
        return arranged.amax([channels]);
    }

    /// <summary>The sum of the channels: what a position adds, where values are parts of a score.</summary>
    /// <param name="pass">The rows.</param>
    /// <param name="values">The shape of <see cref="AttributionPass.Features"/>.</param>
    public static Tensor Sum(AttributionPass pass, Tensor values)
    {
        var (arranged, channels) = pass.Arrange(values);
        return arranged.sum([channels]);
    }

    /// <summary>Values that were found for each position, not for each feature.</summary>
    /// <param name="pass">The rows.</param>
    /// <param name="values"><c>[N, positions...]</c>, as the features have them.</param>
    public static Tensor None(AttributionPass pass, Tensor values)
    {
        var (arranged, channels) = pass.Arrange(pass.ChannelDimension == 0 ? values : values.unsqueeze(pass.ChannelDimension));
        return arranged.select(channels, 0);
    }
}

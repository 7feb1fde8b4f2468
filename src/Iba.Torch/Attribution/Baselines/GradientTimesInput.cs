using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Gradient times input (Shrikumar et al. 2016): g x, what each value adds to the target's score as far as the network is linear, summed over
/// the channels. Of a linear network without biases, the map's sum is the score.
/// </summary>
public sealed class GradientTimesInput : AttributionMethod
{
    internal const string MethodName = "gradient-times-input";

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Score;

    /// <inheritdoc/>
    public override bool IsSigned => true;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <summary>The product for each feature.</summary>
    internal static Tensor PerFeature(AttributionPass pass) => pass.FeatureGradient() * pass.Features;

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return new Attribution(pass, ChannelReduction.Sum(pass, PerFeature(pass)));
    }
}

namespace Iba.Torch;

/// <summary>
/// The gradient of the target's score with respect to the input: how fast the score changes with each pixel. The map is the largest
/// absolute value over the channels (Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2014, section 3.1): Captum's saliency.
/// </summary>
public sealed class Gradient : AttributionMethod
{
    internal const string MethodName = "gradient";

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.ScorePerUnit;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return new Attribution(pass, ChannelReduction.LargestAbsolute(pass, pass.FeatureGradient()));
    }
}

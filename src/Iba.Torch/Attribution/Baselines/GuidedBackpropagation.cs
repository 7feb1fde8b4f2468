namespace Iba.Torch;

/// <summary>
/// Guided backpropagation (Springenberg et al. 2015): the gradient at the input, where each rectifier hands back 1[input &gt; 0] max(g, 0), so
/// that nothing which speaks against the target comes through. The map is the largest absolute value over the channels.
/// </summary>
/// <remarks>
/// For networks from ONNX files with <c>Relu</c> and TorchSharp modules with <c>ReLU</c> or <c>ReLU6</c>; others are refused. <c>Clip</c> with a
/// lower limit of 0 (ReLU6) is taken as a rectifier. Activations of other kinds (sigmoid, SiLU, GELU, leaky ReLU), and rectifiers that a
/// module's own code calls as functions, keep their gradients. The map hardly depends on the target and the later weights (Adebayo et al.
/// 2018): it shows edges, and is here to be compared with.
/// </remarks>
public sealed class GuidedBackpropagation : AttributionMethod
{
    internal const string MethodName = "guided-backpropagation";

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Relative;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <summary>Refuses networks without rectifiers to guide by.</summary>
    internal static void CheckRectifiers(AttributionMethod method, SplitNetwork network)
    {
        if (network.GuidanceObjection is not { } objection) return;
        throw new NotSupportedException($"'{method.Name}' cannot be applied at '{network.LayerName}': {objection}. Take another method, such as '{SmoothGrad.MethodName}'.");
    }

    private protected override void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request) => CheckRectifiers(this, network);

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return new Attribution(pass, ChannelReduction.LargestAbsolute(pass, pass.GuidedGradient()));
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Hands a tensor on as it is, and of its gradient only what is above 0 back: behind a rectifier, the rule of guided backpropagation
/// (Springenberg et al. 2015, section 3.4).
/// </summary>
internal sealed class RectifiedGradient : autograd.SingleTensorFunction<RectifiedGradient>
{
    /// <inheritdoc/>
    public override string Name => nameof(RectifiedGradient);

    /// <summary>The values, in memory of their own: what comes after may change them in place.</summary>
    public static Tensor Of(Tensor tensor) => tensor.requires_grad ? apply(tensor) : tensor.alias();

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).clone();

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output.clamp_min(0)];
}

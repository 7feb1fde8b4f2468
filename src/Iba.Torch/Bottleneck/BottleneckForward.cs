using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What the forward pass of a <see cref="BottleneckStep"/> gave, per row.</summary>
/// <param name="Loss">Model loss + beta * information, <c>[N]</c>.</param>
/// <param name="ModelLoss">The mean over the noisy copies, in nats, <c>[N]</c>.</param>
/// <param name="Information">The mean capacity per neuron, in nats, <c>[N]</c>.</param>
/// <param name="Reading">What the target reads of the noisy copies, <c>[N, K, M]</c>; null where it is not kept.</param>
/// <param name="Mask">The mask; null where it is not kept.</param>
internal sealed record BottleneckForward(Tensor Loss, Tensor ModelLoss, Tensor Information, Tensor? Reading, Mask? Mask)
{
    /// <summary>Moves what the result needs out of the step's scope.</summary>
    public BottleneckForward Keep(bool withMask) => new(
        Loss.MoveToOuterDisposeScope(),
        ModelLoss.MoveToOuterDisposeScope(),
        Information.MoveToOuterDisposeScope(),
        withMask ? Reading!.MoveToOuterDisposeScope() : null,
        withMask ? Mask!.Keep() : null);
}

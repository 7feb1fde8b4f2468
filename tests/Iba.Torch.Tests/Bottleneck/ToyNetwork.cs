using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>A tail given as a function, behind features given as they are.</summary>
internal sealed class ToyNetwork(Func<Tensor, Tensor> tail, OutputKind output = OutputKind.Logits) : SplitNetwork
{
    public override LayerInfo Layer => new("toy", [-1], false, 0);

    public override OutputKind Output => output;

    /// <summary>The rows of each pass through the tail so far, copies included.</summary>
    public List<long> Passes { get; } = [];

    /// <summary>What <see cref="ResultBytes"/> says of one version of a row.</summary>
    public long BytesPerVersion { get; set; }

    public override Activation Head(IReadOnlyList<Tensor> inputs) => new(inputs[0].alias(), []);

    public override Tensor Tail(Tensor features, Activation origin)
    {
        Passes.Add(features.shape[0]);
        return tail(features);
    }

    public override long ResultBytes(Activation origin)
        => BytesPerVersion >= 0 ? BytesPerVersion : throw new InvalidOperationException("no memory to try it");
}

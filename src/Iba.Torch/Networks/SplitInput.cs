using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A network cut at one of its inputs: nothing lies before the cut, and the tail is the whole network.</summary>
/// <param name="network">The network; it must outlive the cut.</param>
/// <param name="input">The explained input, of a floating point type. The others are the activation's context, in their order.</param>
/// <param name="forward">The whole network, differentiable.</param>
/// <param name="resultBytes">The memory of everything that it computes for one row, in bytes.</param>
internal sealed class SplitInput(
    Network network, NetworkInput input, Func<IReadOnlyList<Tensor>, Tensor> forward, Func<IReadOnlyList<Tensor>, long>? resultBytes = null) : SplitNetwork
{
    private readonly int _index = network.Inputs.TakeWhile(other => other.Name != input.Name).Count();

    /// <inheritdoc/>
    public override LayerInfo Layer => new(input.Name, NetworkInputs.OneRow(input.Shape), AfterRelu: false, CostShare: 0);

    /// <inheritdoc/>
    public override OutputKind Output => network.Output;

    /// <inheritdoc/>
    public override bool Explains(string input) => input == LayerName;

    /// <inheritdoc/>
    public override Activation Head(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        NetworkInputs.Check(network.Inputs, inputs);
        // The activation has handles of its own: the tensors belong to the caller.
        var own = inputs.Select(tensor => tensor.to(network.Device).detach()).ToList();
        var features = own[_index];
        own.RemoveAt(_index);
        return new Activation(features, own);
    }

    /// <inheritdoc/>
    public override Tensor Tail(Tensor features, Activation origin) => Run(features, origin, forward);

    /// <inheritdoc/>
    internal override string? GuidanceObjection => network.GuidanceObjection;

    /// <inheritdoc/>
    internal override Tensor GuidedTail(Tensor features, Activation origin) => Run(features, origin, inputs => network.Guided(() => forward(inputs)));

    /// <inheritdoc/>
    internal override (Network Network, IReadOnlyList<Tensor> Inputs)? Whole(Activation origin) => (network, Inputs(origin.Features, origin, copies: 1));

    private Tensor Run(Tensor features, Activation origin, Func<IReadOnlyList<Tensor>, Tensor> forward)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(origin);
        long copies = Copies.Of(features, origin);
        using var scope = NewDisposeScope();
        var output = forward(Inputs(features, origin, copies));
        return (ReferenceEquals(output, features) ? output.alias() : output).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override long ResultBytes(Activation origin)
    {
        if (resultBytes is null) return 0;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var row = origin.Slice(0, 1);
        return resultBytes(Inputs(row.Features, row, copies: 1));
    }

    /// <inheritdoc/>
    public override string HeadFingerprint() => Fingerprint([]);

    private List<Tensor> Inputs(Tensor features, Activation origin, long copies)
    {
        var inputs = origin.Context.Select(tensor => copies == 1 ? tensor : tensor.repeat_interleave(copies, 0)).ToList();
        inputs.Insert(_index, features);
        return inputs;
    }
}

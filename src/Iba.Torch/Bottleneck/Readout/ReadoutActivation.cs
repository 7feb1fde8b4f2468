using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What a <see cref="ReadoutCut"/> computed in one pass: the features of the bottleneck's layer, those of the layers that are read, the output.</summary>
internal sealed class ReadoutActivation : Activation
{
    private readonly Tensor[] _inputs;
    private readonly Tensor _output;
    private Activation? _inner;

    /// <summary>Takes ownership of the tensors.</summary>
    /// <param name="features">The features of the bottleneck's layer, <c>[N, ...]</c>.</param>
    /// <param name="readouts">Those of each layer that is read, <c>[N, ...]</c>.</param>
    /// <param name="output">What the network returned.</param>
    /// <param name="inputs">What the network was given.</param>
    public ReadoutActivation(Tensor features, IReadOnlyList<Tensor> readouts, Tensor output, IReadOnlyList<Tensor> inputs)
        : base(features, [])
    {
        Readouts = [.. readouts.Select(tensor => tensor.DetachFromDisposeScope())];
        _output = output.DetachFromDisposeScope();
        _inputs = [.. inputs.Select(tensor => tensor.DetachFromDisposeScope())];
    }

    /// <summary>The features of the layers that are read, in their order.</summary>
    public IReadOnlyList<Tensor> Readouts { get; }

    /// <inheritdoc/>
    internal override Tensor Output => _output;

    /// <summary>What the head of the plain cut computes, which its tail needs beside the features; only where a tail is asked for.</summary>
    public Activation Inner(SplitNetwork cut) => _inner ??= cut.Head(_inputs);

    /// <inheritdoc/>
    public override Activation Slice(long start, long count)
    {
        return new ReadoutActivation(Part(Features), [.. Readouts.Select(Part)], Part(_output), [.. _inputs.Select(Part)]);

        Tensor Part(Tensor tensor) => tensor.narrow(0, start, count);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        foreach (var tensor in Readouts) tensor.Dispose();
        foreach (var tensor in _inputs) tensor.Dispose();
        _output.Dispose();
        _inner?.Dispose();
    }
}

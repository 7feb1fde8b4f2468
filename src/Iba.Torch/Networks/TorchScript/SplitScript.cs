using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A sequence of TorchScript modules, cut between two of them.</summary>
internal sealed class SplitScript(TorchScriptNetwork network, LayerInfo layer, int end) : SplitNetwork
{
    /// <inheritdoc/>
    public override LayerInfo Layer => layer;

    /// <inheritdoc/>
    public override OutputKind Output => network.Output;

    /// <inheritdoc/>
    public override Activation Head(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (sequence, input) = network.Prepare(inputs);
        return new Activation(sequence.Run(input, 0, end), []);
    }

    /// <inheritdoc/>
    public override Tensor Tail(Tensor features, Activation origin)
    {
        ArgumentNullException.ThrowIfNull(features);
        return network.Sequence.Run(features, end, network.Sequence.Steps.Count);
    }

    /// <inheritdoc/>
    public override long ResultBytes(Activation origin)
    {
        using var row = origin.Slice(0, 1);
        return network.Sequence.ResultBytes(row.Features, end);
    }

    /// <inheritdoc/>
    internal override string? GuidanceObjection => "nothing can be replaced inside a TorchScript file: use an ONNX file or a TorchSharp module";

    /// <inheritdoc/>
    internal override (Network Network, IReadOnlyList<Tensor> Inputs)? Whole(Activation origin) => end == 0 ? (network, [origin.Features]) : null;

    /// <inheritdoc/>
    /// <remarks>Of the files, code included, so that another tail is another fingerprint, too.</remarks>
    public override string HeadFingerprint()
    {
        using var fingerprint = new WeightFingerprint();
        fingerprint.Add(LayerName);
        network.AddHead(fingerprint, end);
        return fingerprint.ToHex();
    }
}

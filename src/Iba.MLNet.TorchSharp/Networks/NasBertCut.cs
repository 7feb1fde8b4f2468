using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.MLNet.TorchSharp;

/// <summary>A <see cref="NasBertNetwork"/> behind its first layers. It keeps nothing, so that cuts can work side by side.</summary>
internal sealed class NasBertCut(NasBertNetwork network, int layer) : SplitNetwork
{
    public override LayerInfo Layer => network.Describe(layer, [1, -1]);

    public override OutputKind Output => network.Output;

    public override int? ChannelDimension => -1;

    public override bool CanFork => true;

    public override bool Explains(string input) => input == NasBertNetwork.TokensInput;

    public override Activation Head(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (tokens, padding) = network.Prepare(inputs);
        var features = network.Modules.Run(network.Modules.Embed(tokens, padding), padding, 0, layer);
        return new Activation(features.contiguous(), [padding]);
    }

    public override Tensor Tail(Tensor features, Activation origin)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(origin);
        using var scope = NewDisposeScope();
        var padding = origin.Context[0].repeat_interleave(Copies.Of(features, origin), 0);
        // Noise at padding is no part of the text: behind the embedding the model sees zeros there.
        return network.Classify(layer == 0 ? NasBertModules.WithoutPadding(features, padding) : features, padding, layer).MoveToOuterDisposeScope();
    }

    public override long ResultBytes(Activation origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return network.ResultBytes(layer, origin.Features.shape[1]);
    }

    public override SplitNetwork Fork() => new NasBertCut(network, layer);

    public override string HeadFingerprint() => Fingerprint(Enumerable.Range(0, layer + 1).SelectMany(network.Weights));
}

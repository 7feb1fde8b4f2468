using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A network cut at the layer of a bottleneck, whose head goes on to the network's end and takes along the features of further layers: what a
/// <see cref="ReadoutBottleneck"/> reads, from one forward pass.
/// </summary>
/// <remarks>
/// Any source of networks will do; one of your own that does not override <see cref="Network.Features"/> needs a pass for each layer. Every other
/// method works at such a cut as at a plain one.
/// </remarks>
public sealed class ReadoutCut : SplitNetwork
{
    private readonly Network _network;
    private readonly SplitNetwork _plain;
    private readonly string[] _readoutLayers;

    /// <summary>Cuts a network.</summary>
    /// <param name="network">The network; not disposed. It must outlive the cut.</param>
    /// <param name="layer">The layer of the bottleneck, a name out of <see cref="Network.Layers"/>.</param>
    /// <param name="readoutLayers">
    /// The layers that are read, at least one, before or behind the bottleneck's, which can be one of them. Deep ones know what is in the
    /// picture, early ones where its edges are.
    /// </param>
    /// <exception cref="ArgumentException">There is no layer to read, one is named twice, or the network cannot be cut at one.</exception>
    public ReadoutCut(Network network, string layer, IReadOnlyList<string> readoutLayers)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(readoutLayers);
        if (readoutLayers.Count == 0) throw new ArgumentException("There is no layer to read: name at least one.", nameof(readoutLayers));
        if (readoutLayers.Distinct().Count() < readoutLayers.Count)
        {
            throw new ArgumentException($"A layer is named twice in {string.Join(", ", readoutLayers.Select(name => $"'{name}'"))}.", nameof(readoutLayers));
        }

        _network = network;
        _readoutLayers = [.. readoutLayers];
        ToldChannels = Array.ConvertAll(_readoutLayers, name =>
        {
            using var cut = network.Split(name);
            return cut.ChannelDimension;
        });
        _plain = network.Split(layer);
    }

    /// <summary>The layers that are read, in the order in which they were named.</summary>
    public IReadOnlyList<string> ReadoutLayers => _readoutLayers;

    /// <inheritdoc/>
    public override LayerInfo Layer => _plain.Layer;

    /// <inheritdoc/>
    public override string LayerName => _plain.LayerName;

    /// <inheritdoc/>
    public override int? ChannelDimension => _plain.ChannelDimension;

    /// <inheritdoc/>
    public override OutputKind Output => _plain.Output;

    /// <summary>The dimension of the channels of each layer that is read, as far as the network's operators say it.</summary>
    internal IReadOnlyList<int?> ToldChannels { get; }

    /// <inheritdoc/>
    public override bool Explains(string input) => _plain.Explains(input);

    /// <inheritdoc/>
    public override Activation Head(IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        using var scope = NewDisposeScope();
        var (features, output) = _network.FeaturesAndOutput([LayerName, .. _readoutLayers], inputs);
        // Handles of its own: the inputs belong to the caller.
        return new ReadoutActivation(features[0], [.. features.Skip(1)], output, [.. inputs.Select(tensor => tensor.alias())]);
    }

    /// <inheritdoc/>
    public override Tensor Tail(Tensor features, Activation origin) => _plain.Tail(features, Plain(origin));

    /// <inheritdoc/>
    public override long ResultBytes(Activation origin) => _plain.ResultBytes(Plain(origin));

    /// <inheritdoc/>
    /// <remarks>The layers that are read count, too.</remarks>
    public override string? HeadFingerprint()
    {
        var parts = new List<string>();
        foreach (string layer in (string[])[LayerName, .. _readoutLayers])
        {
            using var cut = _network.Split(layer);
            if (cut.HeadFingerprint() is not { } part) return null;
            parts.Add(part);
        }

        using var fingerprint = new WeightFingerprint();
        foreach (string part in parts) fingerprint.Add(part);
        return fingerprint.ToHex();
    }

    /// <inheritdoc/>
    internal override string? GuidanceObjection => _plain.GuidanceObjection;

    /// <inheritdoc/>
    internal override Tensor GuidedTail(Tensor features, Activation origin) => _plain.GuidedTail(features, Plain(origin));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _plain.Dispose();
        base.Dispose(disposing);
    }

    private Activation Plain(Activation origin)
        => origin is ReadoutActivation activation
            ? activation.Inner(_plain)
            : throw new ArgumentException($"The activation is none of this cut's {nameof(Head)}.", nameof(origin));
}

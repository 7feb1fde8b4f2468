using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A network cut at one layer: a head, run once per image and without gradient, and a tail, differentiable with respect to the
/// features only. Weights never get gradients. Not safe for use from several threads at once.
/// </summary>
/// <remarks>
/// A derived class needs <see cref="Layer"/>, <see cref="Output"/>, <see cref="Head"/> and <see cref="Tail"/>; the virtual members have
/// defaults that are right for every network of one input, and may be overridden to say more.
/// </remarks>
public abstract class SplitNetwork : IDisposable
{
    /// <summary>The layer at which the network is cut.</summary>
    public abstract LayerInfo Layer { get; }

    /// <summary>
    /// The layer's name as the caller of <see cref="Network.Split"/> wrote it. Default: that of <see cref="Layer"/>; override it where
    /// describing the layer takes work.
    /// </summary>
    public virtual string LayerName => Layer.Name;

    /// <summary>
    /// The dimension of the channels in the layer's features, as far as the network's own operators say it: 1 (around convolutions, pools, batch
    /// normalisations), or -1 for the last one (around layer normalisations over the last axis). Default: null, not known; then sizes tell.
    /// </summary>
    public virtual int? ChannelDimension => null;

    /// <summary>
    /// Whether an input can be explained at the layer, as far as the network knows: false where its features go another way, or none.
    /// Default: true; a network of several inputs overrides it.
    /// </summary>
    /// <param name="input">The name of one of <see cref="Network.Inputs"/>.</param>
    public virtual bool Explains(string input) => true;

    /// <summary>What <see cref="Tail"/> returns; <see cref="OutputKind.Auto"/> where only the values can tell.</summary>
    public abstract OutputKind Output { get; }

    /// <summary>Runs the network up to the layer, without gradient and in evaluation mode.</summary>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of <see cref="Network.Inputs"/>, in that order.</param>
    /// <returns>The features <c>[N, ...]</c> and what the tail needs beside them; disposed by the caller.</returns>
    public abstract Activation Head(IReadOnlyList<Tensor> inputs);

    /// <summary>Runs the network from the layer to its output.</summary>
    /// <param name="features">
    /// <c>[N * K, ...]</c>: K versions of each row of <paramref name="origin"/>, version k of row n at index <c>n * K + k</c>.
    /// Gradients flow back to this tensor.
    /// </param>
    /// <param name="origin">What <see cref="Head"/> returned for the N rows.</param>
    /// <returns>Logits or probabilities (see <see cref="Output"/>), <c>[N * K, classes]</c>.</returns>
    public abstract Tensor Tail(Tensor features, Activation origin);

    /// <summary>
    /// Why the rectifiers behind the cut cannot be given another rule for their gradients (see <see cref="GuidedTail"/>), as a clause; null:
    /// they can.
    /// </summary>
    internal virtual string? GuidanceObjection => Network.NoRectifiers(GetType());

    /// <summary>
    /// <see cref="Tail"/>, where each rectifier hands back only what is above 0 of a gradient: guided backpropagation. The values are the
    /// same.
    /// </summary>
    /// <exception cref="NotSupportedException">There is a <see cref="GuidanceObjection"/>.</exception>
    internal virtual Tensor GuidedTail(Tensor features, Activation origin) => throw new NotSupportedException($"The cut at '{LayerName}': {GuidanceObjection}.");

    /// <summary>Why nothing behind the cut is computed in bfloat16 (see <see cref="BFloat16Tail"/>), as a clause; null: something is.</summary>
    internal virtual string? BFloat16Objection => $"'{GetType().Name}' computes its tail in the network's own type alone; cuts of networks from ONNX files offer bfloat16";

    /// <summary><see cref="Tail"/>, with convolutions and products in bfloat16 by a rule; takes and returns what that does.</summary>
    /// <exception cref="NotSupportedException">There is a <see cref="BFloat16Objection"/>.</exception>
    internal virtual Tensor BFloat16Tail(Tensor features, Activation origin) => throw new NotSupportedException($"The cut at '{LayerName}': {BFloat16Objection}.");

    /// <summary>
    /// The network and what <see cref="Head"/> was given, for methods that look at a second layer. Null where that is not kept: cuts at an
    /// input keep it.
    /// </summary>
    internal virtual (Network Network, IReadOnlyList<Tensor> Inputs)? Whole(Activation origin) => null;

    /// <summary>
    /// The memory of everything that <see cref="Tail"/> computes for one version of one row, in bytes: an estimate from the sizes of the
    /// results that the network sees. It decides how many rows go through at once. Default: 0, for a network that sees none; then the
    /// features alone are counted.
    /// </summary>
    /// <param name="origin">What <see cref="Head"/> returned; its first row is tried, without gradient.</param>
    public virtual long ResultBytes(Activation origin) => 0;

    /// <summary>
    /// Whether <see cref="Fork"/> gives cuts that may work on several threads at once, each on its own. Default: false, for a network
    /// that holds a state of its own while it runs, such as hooks.
    /// </summary>
    public virtual bool CanFork => false;

    /// <summary>
    /// Another cut of the network at the same layer, with the same weights and results, that may work on another thread while this one
    /// works. Disposed by the caller.
    /// </summary>
    /// <exception cref="NotSupportedException">Not if <see cref="CanFork"/>.</exception>
    public virtual SplitNetwork Fork() => throw new NotSupportedException($"The cut at '{LayerName}' works for one thread at a time.");

    /// <summary>
    /// A hash of the layer's name and of the weights (names, shapes, values) of the layer and everything before it: what
    /// <see cref="Head"/> computes with, so that features or statistics of this layer can be told from those of another state of the
    /// network. The same on every device and in every process; the weights behind the layer do not count. Default: null, not known.
    /// </summary>
    /// <returns>64 hexadecimal digits (SHA-256), or null.</returns>
    public virtual string? HeadFingerprint() => null;

    /// <summary>Computes <see cref="HeadFingerprint"/> for a derived class.</summary>
    /// <param name="weights">
    /// The parameters and buffers of the layer and everything before it, by their names in the network, always in the same order.
    /// </param>
    /// <returns>64 hexadecimal digits (SHA-256) over <see cref="LayerName"/> and the weights.</returns>
    protected string Fingerprint(IEnumerable<(string Name, Tensor Value)> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        using var fingerprint = new WeightFingerprint();
        fingerprint.Add(LayerName);
        foreach (var (name, value) in weights) fingerprint.Add(name, value);
        return fingerprint.ToHex();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cut holds (hooks, flags of the network); the network itself stays usable.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A network cut at one layer: a head, run once per image and without gradient, and a tail, differentiable with respect to the
/// features only. Weights never get gradients. Not safe for use from several threads at once.
/// </summary>
public abstract class SplitNetwork : IDisposable
{
    /// <summary>The layer at which the network is cut.</summary>
    public abstract LayerInfo Layer { get; }

    /// <summary>The layer's name, for messages: without the work that <see cref="Layer"/> may take.</summary>
    internal virtual string LayerName => Layer.Name;

    /// <summary>Whether an input can be explained at the layer, as far as the network knows: false where its features go another way, or none.</summary>
    /// <param name="input">The name of one of the network's inputs.</param>
    internal virtual bool Explains(string input) => true;

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
    /// The memory of everything that <see cref="Tail"/> computes for one version of one row, in bytes: an estimate from the sizes of the
    /// results that the network sees; 0 where it sees none.
    /// </summary>
    /// <param name="origin">What <see cref="Head"/> returned; its first row is tried.</param>
    internal virtual long ResultBytes(Activation origin) => 0;

    /// <summary>Whether cuts of the network may work on several threads at once.</summary>
    internal virtual bool CanFork => false;

    /// <summary>
    /// Another cut of the network at the same layer, with the same weights and results, that may work on another thread while this one
    /// works. Disposed by the caller.
    /// </summary>
    /// <exception cref="NotSupportedException">Not if <see cref="CanFork"/>.</exception>
    internal virtual SplitNetwork Fork() => throw new NotSupportedException($"The cut at '{LayerName}' works for one thread at a time.");

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

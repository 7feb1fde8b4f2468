using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A classifier that can be cut at a named layer (see <see cref="Split"/>), wherever it came from: an ONNX file, a TorchSharp
/// module or TorchScript files. In evaluation mode, weights without gradients. Not safe for use from several threads at once.
/// </summary>
public abstract class Network : IDisposable
{
    /// <summary>The network's inputs, in the order in which <see cref="Forward"/> and <see cref="SplitNetwork.Head"/> take them.</summary>
    public abstract IReadOnlyList<NetworkInput> Inputs { get; }

    /// <summary>What <see cref="Forward"/> returns; <see cref="OutputKind.Auto"/> where only the values can tell.</summary>
    public abstract OutputKind Output { get; }

    /// <summary>
    /// The layers at which the network can be cut, in the order of computation, with shapes for an input of the declared shape
    /// (batch 1).
    /// </summary>
    /// <exception cref="InvalidOperationException">The inputs leave dimensions other than the batch open: use <see cref="DescribeLayers"/>.</exception>
    public IReadOnlyList<LayerInfo> Layers => _layers ??= DescribeLayers(DeclaredShapes());

    private IReadOnlyList<LayerInfo>? _layers;

    /// <summary>What is locked by whoever computes with the network, or disposes it, while others may want to.</summary>
    internal virtual object Gate { get; } = new();

    /// <summary>The device on which the network's weights lie.</summary>
    public abstract Device Device { get; }

    /// <summary>
    /// A short, stable name of the network's format ("onnx", "module", "torchscript"), by which a saved network finds its loader.
    /// </summary>
    public abstract string Format { get; }

    /// <summary>The layers at which the network can be cut, for inputs of the given shapes (one dry run).</summary>
    /// <param name="inputShapes">One shape, batch first, for each of <see cref="Inputs"/>.</param>
    public abstract IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes);

    /// <summary>Runs the whole network without gradient.</summary>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of <see cref="Inputs"/>, in that order.</param>
    /// <returns>Logits or probabilities (see <see cref="Output"/>), <c>[N, classes]</c>.</returns>
    public abstract Tensor Forward(IReadOnlyList<Tensor> inputs);

    /// <summary>Cuts the network at a layer. The cut is disposed before the network.</summary>
    /// <param name="layer">A name out of <see cref="Layers"/>.</param>
    /// <exception cref="ArgumentException">
    /// There is no such layer (the message names the nearest ones), or it is no cut (the message names the tensors that cross it).
    /// </exception>
    public abstract SplitNetwork Split(string layer);

    /// <summary>
    /// Cuts the network at an input, so that the features of the cut are the input itself: <c>[N, ...]</c>, with gradients. Nothing lies
    /// before the cut. The other inputs are the activation's <see cref="Activation.Context"/>, repeated for the versions of each row.
    /// The cut is disposed before the network.
    /// </summary>
    /// <param name="input">The name of one of <see cref="Inputs"/>. Null (default): the first of a floating point type.</param>
    /// <returns>A cut whose <see cref="SplitNetwork.Layer"/> has the input's name, and 0 for its share of the cost.</returns>
    /// <exception cref="ArgumentException">There is no such input, or it holds integers: cut at the embeddings instead.</exception>
    /// <exception cref="NotSupportedException">A derived class overrides neither this method nor <see cref="ForwardWithGradient"/>.</exception>
    public virtual SplitNetwork SplitAtInput(string? input = null)
    {
        var explained = NetworkInputs.Explained(Inputs, input, nameof(input));
        Func<IReadOnlyList<Tensor>, Tensor> forward = ForwardWithGradient;
        // Without an override, the cut would fail only when it is used.
        if (forward.Method.DeclaringType == typeof(Network)) throw NoGradientForward();
        return new SplitInput(this, explained, forward);
    }

    /// <summary>Moves the weights to another device. Cuts made before are invalid after it.</summary>
    /// <param name="device">The device to move to.</param>
    public abstract void MoveTo(Device device);

    /// <summary>Writes the network, so that the loader of its <see cref="Format"/> can read it back.</summary>
    /// <param name="stream">Where to write; left open. Need not be seekable.</param>
    public abstract void Save(Stream stream);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Runs the whole network as <see cref="Forward"/> does, but in the caller's gradient mode, so that gradients flow back to inputs of a
    /// floating point type. <see cref="SplitAtInput"/> needs it. Default: not supported.
    /// </summary>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of <see cref="Inputs"/>, in that order, on <see cref="Device"/>; not to be changed in place.</param>
    /// <returns>Logits or probabilities (see <see cref="Output"/>), <c>[N, classes]</c>.</returns>
    protected virtual Tensor ForwardWithGradient(IReadOnlyList<Tensor> inputs) => throw NoGradientForward();

    /// <summary>Releases the weights and restores what the network changed in what it was given.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);

    private NotSupportedException NoGradientForward()
        => new($"'{GetType().Name}' cannot be cut at its input: override {nameof(ForwardWithGradient)} in it, the forward pass without no_grad.");

    private IReadOnlyList<long>[] DeclaredShapes()
    {
        foreach (var input in Inputs)
        {
            if (input.Shape.Count == 0 || input.Shape.Skip(1).Any(size => size < 0))
            {
                throw new InvalidOperationException(
                    $"Input '{input.Name}' has {(input.Shape.Count == 0 ? "no declared shape" : $"shape [{string.Join(", ", input.Shape)}], which leaves dimensions open")}: " +
                    $"call {nameof(DescribeLayers)} with the shape that you will use.");
            }
        }

        return Inputs.Select(input => NetworkInputs.OneRow(input.Shape)).ToArray();
    }
}

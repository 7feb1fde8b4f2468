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

    private readonly RandomizedWeights _randomized = new();
    private IReadOnlyList<LayerInfo>? _layers;

    /// <summary>Entered by whoever computes with the network, or disposes it, while others may want to.</summary>
    internal virtual NetworkAccess Access { get; } = new();

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

    /// <summary>
    /// The features of several layers for one batch, as <see cref="SplitNetwork.Head"/> of a cut at each would give them, bit for bit. The
    /// networks of this library need one pass for all; by default there is one for each layer.
    /// </summary>
    /// <param name="layers">Names out of <see cref="Layers"/>, in any order.</param>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of <see cref="Inputs"/>, in that order.</param>
    /// <returns>One tensor <c>[N, ...]</c> for each layer, without gradient; in the caller's dispose scope, or disposed by the caller.</returns>
    /// <exception cref="ArgumentException">The network cannot be cut at one of the layers: see <see cref="Split"/>.</exception>
    public virtual IReadOnlyList<Tensor> Features(IReadOnlyList<string> layers, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(layers);
        using var scope = NewDisposeScope();
        return layers.Select(Head).ToArray().Select(features => features.MoveToOuterDisposeScope()).ToArray();

        Tensor Head(string layer)
        {
            using var split = Split(layer);
            using var activation = split.Head(inputs);
            return activation.Features.alias();
        }
    }

    /// <summary>What <see cref="Features"/> and <see cref="Forward"/> give, from one pass where the network can do that. Default: from one for each.</summary>
    /// <param name="layers">Names out of <see cref="Layers"/>, in any order.</param>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of <see cref="Inputs"/>, in that order.</param>
    internal virtual (IReadOnlyList<Tensor> Features, Tensor Output) FeaturesAndOutput(IReadOnlyList<string> layers, IReadOnlyList<Tensor> inputs)
        => (Features(layers, inputs), Forward(inputs));

    /// <summary>
    /// The names of the parts that hold weights, in the order of computation, for <see cref="RandomizeWeights"/>. Default: none.
    /// </summary>
    public virtual IReadOnlyList<string> WeightLayers => [];

    /// <summary>
    /// Replaces the weights of one part by noise: each weight tensor in place by normal noise of its own mean and standard deviation, so
    /// that cuts made before compute with it, too. For sanity checks (Adebayo et al. 2018): an attribution that does not change when the
    /// weights do explains nothing. Several parts can hold noise at a time, and one part can get noise again. Statistics of inputs, such as
    /// a batch normalisation's, are no weights.
    /// </summary>
    /// <param name="weightLayer">A name out of <see cref="WeightLayers"/>.</param>
    /// <param name="seed">The seed of the noise; equal seeds give equal noise.</param>
    /// <returns>Restores the weights, bit for bit, when it is disposed; disposing the network does, too.</returns>
    /// <exception cref="ArgumentException">There is no such part; the message names the nearest ones.</exception>
    /// <exception cref="NotSupportedException">A derived class does not override it.</exception>
    public virtual IDisposable RandomizeWeights(string weightLayer, long seed)
        => throw new NotSupportedException(
            $"'{GetType().Name}' does not tell its weights: override {nameof(WeightLayers)} and {nameof(RandomizeWeights)} in it, the latter by {nameof(Randomize)}.");

    /// <inheritdoc cref="SplitNetwork.GuidanceObjection"/>
    internal virtual string? GuidanceObjection => NoRectifiers(GetType());

    /// <summary>Runs a forward pass in which rectifiers hand back only what is above 0 of a gradient.</summary>
    /// <exception cref="NotSupportedException">There is a <see cref="GuidanceObjection"/>.</exception>
    internal virtual Tensor Guided(Func<Tensor> forward) => throw new NotSupportedException($"{GuidanceObjection}.");

    internal static string NoRectifiers(Type type)
        => $"'{type.Name}' does not tell its rectifiers; networks from ONNX files and TorchSharp modules do";

    /// <summary>Moves the weights to another device. Cuts made before are invalid after it.</summary>
    /// <param name="device">The device to move to.</param>
    public abstract void MoveTo(Device device);

    /// <summary>Writes the network, so that the loader of its <see cref="Format"/> can read it back.</summary>
    /// <param name="stream">Where to write; left open. Need not be seekable.</param>
    public abstract void Save(Stream stream);

    /// <inheritdoc/>
    public void Dispose()
    {
        _randomized.Restore();
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

    /// <summary>Does the work of <see cref="RandomizeWeights"/> for a derived class.</summary>
    /// <param name="weights">The weight tensors of the part, each once, of a floating point type; always in the same order.</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="changed">Called after the weights have changed, and again after they are restored; for what is computed from them.</param>
    /// <returns>Restores the weights when it is disposed.</returns>
    /// <exception cref="InvalidOperationException">Weights are not finite.</exception>
    protected IDisposable Randomize(IReadOnlyList<Tensor> weights, long seed, Action? changed = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return _randomized.Randomize(weights, seed, changed);
    }

    /// <summary>Whether weights hold noise, by <see cref="Randomize"/>: then they must not be saved or moved.</summary>
    protected bool IsRandomized => _randomized.Any;

    /// <summary>Releases the weights and restores what the network changed in what it was given.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>Refuses what would lose or mix up weights that are to be restored.</summary>
    /// <param name="action">What is refused, for example "saved".</param>
    /// <exception cref="InvalidOperationException">Weights hold noise.</exception>
    internal void ThrowIfRandomized(string action)
    {
        if (IsRandomized) throw new InvalidOperationException($"The network's weights hold noise: dispose what {nameof(RandomizeWeights)} returned before the network is {action}.");
    }

    /// <summary>A name out of <see cref="WeightLayers"/>, checked.</summary>
    /// <exception cref="ArgumentException">There is no such part.</exception>
    internal void CheckWeightLayer(string weightLayer)
    {
        ArgumentNullException.ThrowIfNull(weightLayer);
        if (WeightLayers.Contains(weightLayer)) return;
        string nearest = string.Join(", ", NearestNames.Of(weightLayer, WeightLayers).Select(name => $"'{name}'"));
        throw new ArgumentException($"The network has no part '{weightLayer}' with weights. The nearest: {nearest}.", nameof(weightLayer));
    }

    private NotSupportedException NoGradientForward()
        => new($"'{GetType().Name}' cannot be cut at its input: override {nameof(ForwardWithGradient)} in it, the forward pass without no_grad.");

    private IReadOnlyList<long>[] DeclaredShapes()
    {
        foreach (var input in Inputs)
        {
            if (input.Shape.Count == 0 || input.Shape.Skip(1).Any(size => size < 0))
            {
                throw new InvalidOperationException(
                    $"Input '{input.Name}' has {(input.Shape.Count == 0 ? "no declared shape" : $"shape {Shapes.Format(input.Shape)}, which leaves dimensions open")}: " +
                    $"call {nameof(DescribeLayers)} with the shape that you will use.");
            }
        }

        return Inputs.Select(input => NetworkInputs.OneRow(input.Shape)).ToArray();
    }
}

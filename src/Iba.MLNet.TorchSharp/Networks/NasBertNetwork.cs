using Iba.Torch;
using Microsoft.ML.TorchSharp.NasBert.Models;
using static TorchSharp.torch;

namespace Iba.MLNet.TorchSharp;

/// <summary>
/// The NAS-BERT of a fitted text classifier as a network that can be cut: at the embedding, and behind each of its layers. It computes with the
/// model's own modules, bit for bit what the model does. It stays the model's: disposing it gives the weights their gradients back, no more.
/// </summary>
internal sealed class NasBertNetwork : Network
{
    public const string TokensInput = "tokens", MaskInput = "mask", EmbeddingLayer = "Embedding";

    private readonly object _owner; // Its finalizer disposes the modules.
    private readonly ModuleParts _parts;
    private readonly (long Width, long[] Order)[] _layers; // of the features at each layer: their channels, and how they lie in memory
    private readonly long[] _weights; // the number of weights that compute each layer, the embedding's without those that are looked up
    private bool _disposed;

    /// <param name="owner">What disposes the modules when nobody uses it any longer.</param>
    /// <param name="model">The fitted network.</param>
    /// <exception cref="NotSupportedException">The modules, or what they compute, are others than those that are known.</exception>
    public NasBertNetwork(object owner, NasBertModel model)
    {
        _owner = owner;
        Modules = new NasBertModules(model);
        model.eval(); // A model that was just loaded is not yet; but it must never go back, since it may score meanwhile.
        _parts = new ModuleParts(model);
        _weights = [0, .. Enumerable.Range(1, Modules.Layers + 1).Select(layer => Weights(layer).Sum(weight => weight.Value.numel()))];
        try
        {
            _layers = Compare(model);
        }
        catch
        {
            _parts.Leave();
            throw;
        }
    }

    public override IReadOnlyList<NetworkInput> Inputs { get; } =
        [new(TokensInput, ScalarType.Int64, [-1, -1]), new(MaskInput, ScalarType.Int64, [-1, -1])];

    public override OutputKind Output => OutputKind.Logits;

    public override Device Device => Modules.Device;

    public override string Format => "mlnet-textclassification";

    public override IReadOnlyList<string> WeightLayers => [.. Enumerable.Range(0, Modules.Layers + 2).Where(layer => Weights(layer).Any()).Select(NameOf)];

    internal override NetworkAccess Access => _parts.Access;

    internal NasBertModules Modules { get; }

    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
    {
        ArgumentNullException.ThrowIfNull(inputShapes);
        if (inputShapes.Length != Inputs.Count) throw new ArgumentException($"The network has {Inputs.Count} inputs, but got {inputShapes.Length} shapes.", nameof(inputShapes));
        NetworkInputs.CheckShape(Inputs[0], inputShapes[0], nameof(inputShapes));
        return [.. Enumerable.Range(0, Modules.Layers + 1).Select(layer => Describe(layer, inputShapes[0]))];
    }

    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (tokens, padding) = Prepare(inputs);
        return Modules.Classify(Modules.Run(Modules.Embed(tokens, padding), padding, 0, Modules.Layers)).MoveToOuterDisposeScope();
    }

    public override SplitNetwork Split(string layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ObjectDisposedException.ThrowIf(_disposed, this);
        string[] names = [.. Enumerable.Range(0, Modules.Layers + 1).Select(NameOf)];
        int index = Array.IndexOf(names, layer);
        if (index < 0) throw new ArgumentException($"The network has no layer '{layer}'. The nearest: {string.Join(", ", NearestNames.Of(layer, names))}.", nameof(layer));
        return new NasBertCut(this, index);
    }

    public override IDisposable RandomizeWeights(string weightLayer, long seed)
    {
        CheckWeightLayer(weightLayer);
        int layer = Enumerable.Range(0, Modules.Layers + 2).First(layer => NameOf(layer) == weightLayer);
        return Randomize([.. Weights(layer).Select(weight => weight.Value)], seed);
    }

    /// <exception cref="NotSupportedException">The model lies on another device.</exception>
    public override void MoveTo(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.type == Device.type && Math.Max(0, device.index) == Math.Max(0, Device.index)) return;
        throw new NotSupportedException(
            $"The network lies on {Device} with the model that it is a part of, and cannot move to {device} alone. Load or fit the model with the same " +
            "GpuDeviceId of the MLContext, or explain it on the model's device.");
    }

    /// <exception cref="NotSupportedException">Always: it is saved with its model.</exception>
    public override void Save(Stream stream)
        => throw new NotSupportedException("The network is a part of an ML.NET model: save the model with its explainer, by mlContext.Model.Save.");

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        using var access = Access.Enter();
        if (_disposed) return;
        _disposed = true;
        _parts.Leave();
        GC.KeepAlive(_owner);
    }

    /// <summary>The ids with the model's own id at padding, and where padding is, both <c>[N, T]</c>.</summary>
    internal (Tensor Tokens, Tensor Padding) Prepare(IReadOnlyList<Tensor> inputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        NetworkInputs.Check(Inputs, inputs);
        var (tokens, mask) = (inputs[0].to(Device), inputs[1].to(Device));
        if (!tokens.shape.SequenceEqual(mask.shape))
            throw new ArgumentException($"'{MaskInput}' has shape {Shapes.Format(mask.shape)}, but '{TokensInput}' {Shapes.Format(tokens.shape)}.", nameof(inputs));
        if (tokens.shape[1] > NasBertTokens.Most)
            throw new ArgumentException($"{tokens.shape[1]} tokens are more than the {NasBertTokens.Most} positions that the network knows.", nameof(inputs));
        if (tokens.min().item<long>() < 0 || tokens.max().item<long>() >= Modules.Symbols)
            throw new ArgumentException($"An id lies outside the vocabulary, 0 to {Modules.Symbols - 1}.", nameof(inputs));
        tokens = tokens.masked_fill(mask.eq(0), NasBertTokens.Padding);
        return (tokens, tokens.eq(NasBertTokens.Padding));
    }

    /// <summary>The logits of features behind <paramref name="from"/> layers.</summary>
    internal Tensor Classify(Tensor features, Tensor padding, int from)
    {
        // Products of matrices round by how these lie in memory: as in the model's own pass.
        long[] order = _layers[from].Order;
        long[] back = [.. order.Index().OrderBy(place => place.Item).Select(place => (long)place.Index)];
        return Modules.Classify(Modules.Run(features.permute(order).contiguous().permute(back), padding, from, Modules.Layers));
    }

    /// <summary>The layer of a number; 0 is the embedding.</summary>
    internal LayerInfo Describe(int layer, IReadOnlyList<long> tokens)
        => new(NameOf(layer), [tokens[0], tokens[1], _layers[layer].Width], AfterRelu: false, _weights.Take(layer + 1).Sum() / (double)_weights.Sum());

    /// <summary>The weights that compute a layer, by their names.</summary>
    internal IEnumerable<(string Name, Tensor Value)> Weights(int layer)
        => Modules.Parts(layer).SelectMany(part => part.Module.named_parameters().Select(named => ($"{part.Name}.{named.name}", (Tensor)named.parameter)));

    /// <summary>The results of the dense layers and convolutions behind a layer, for one row: as many numbers for each token as they have outputs.</summary>
    internal long ResultBytes(int layer, long tokens) => tokens * sizeof(float) * (_weights.Skip(layer + 1).Sum() / _layers[layer].Width);

    private string NameOf(int layer) => layer == 0 ? EmbeddingLayer : layer <= Modules.Layers ? $"Layers.{layer - 1}" : "Classifier";

    // The proof that the pass is the model's own: bit for bit, with padding and without.
    private (long Width, long[] Order)[] Compare(NasBertModel model)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var trial = tensor(new long[,] { { 0, 5, 9, 100, 7, 42, 8 }, { 0, 77, 6, 1234, NasBertTokens.Padding, NasBertTokens.Padding, NasBertTokens.Padding } }, device: Device);
        var padded = Forward([trial, trial.ne(NasBertTokens.Padding).@long()]);
        var whole = Forward([trial[..1], ones_like(trial[..1])]);
        if (!padded.Equals(model.forward(trial, null)) || !whole.Equals(model.forward(trial[..1], null)))
        {
            throw new NotSupportedException(
                "This version of Microsoft.ML.TorchSharp computes something else than 0.23.1, whose text classifier is known: no explanation would be that of the model.");
        }

        var (tokens, padding) = Prepare([trial, ones_like(trial)]);
        var features = Modules.Embed(tokens, padding);
        var layers = new List<(long Width, long[] Order)> { Layout(features) };
        for (int layer = 0; layer < Modules.Layers; layer++)
        {
            features = Modules.Run(features, padding, layer, layer + 1);
            layers.Add(Layout(features));
        }

        return [.. layers];

        static (long Width, long[] Order) Layout(Tensor features)
            => (features.shape[2], [.. features.stride().Index().OrderByDescending(stride => stride.Item).Select(stride => (long)stride.Index)]);
    }
}

using System.Globalization;
using Iba.Torch;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// A classifier from an ONNX file, as a differentiable network on TorchSharp tensors. Its layers are the tensors of the graph that
/// all features of a floating point input (or, without one, of the first input) pass through. A node's name, as viewers of ONNX files
/// show it, stands for the tensor that it writes.
/// </summary>
public sealed class OnnxNetwork : Network
{
    private readonly ModelFile _file;
    private readonly GraphPreparation _prepared;
    private readonly string? _outputName;
    private readonly bool _takesOutputAsItIs;
    private readonly torch.ScalarType? _precision;
    private readonly FixedBatch? _fixedBatch;
    private readonly Lazy<LayerCatalogue> _catalogue;
    private readonly Dictionary<string, IReadOnlyList<LayerInfo>> _layersByShapes = [];
    private readonly Dictionary<string, (int WeightChanges, string Fingerprint)> _fingerprints = [];
    private BatchedFunction? _forward;
    private FeatureFunction? _features;
    private string[]? _weightLayers;
    private torch.Device _device = torch.CPU;
    private bool _disposed;

    private OnnxNetwork(ModelFile file, GraphPreparation prepared, OnnxNetworkOptions options)
    {
        _file = file;
        _prepared = prepared;
        _takesOutputAsItIs = options.OutputNames != null;
        _outputName = _takesOutputAsItIs ? prepared.Choice.Value.Name : options.OutputName;
        _precision = options.Precision;
        Inputs = prepared.Graph.Inputs.Select(input => GraphInputs.Describe(input, options.Precision)).ToArray();
        if (Inputs.Count == 0) throw new OnnxFormatException("The graph has no inputs.");
        _fixedBatch = FixedBatch.Of(prepared.Graph);
        BFloat16Weights = new BFloat16Weights(prepared.Graph);
        _catalogue = new Lazy<LayerCatalogue>(() => new LayerCatalogue(prepared));
        Output = prepared.Kind;
        Pixels = OnnxPixelMetadata.Of(file.Model);
    }

    /// <inheritdoc cref="Load(string, OnnxNetworkOptions)"/>
    public static OnnxNetwork Load(string path) => Load(path, new OnnxNetworkOptions());

    /// <summary>Loads an ONNX file.</summary>
    /// <param name="path">The file. Weights in other files are read where those lie in the same folder or below.</param>
    /// <param name="options">How to load it.</param>
    /// <exception cref="OnnxFormatException">The file is damaged, contradicts itself, or has operators that are not supported (all are named).</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ArgumentException">There is no output or no input of a name in the options, or a value does not fit its input.</exception>
    public static OnnxNetwork Load(string path, OnnxNetworkOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = File.OpenRead(path);
        return Load(stream, path, options);
    }

    /// <inheritdoc cref="Load(Stream, OnnxNetworkOptions)"/>
    public static OnnxNetwork Load(Stream stream) => Load(stream, new OnnxNetworkOptions());

    /// <summary>Loads an ONNX file from a stream, which is left open and need not be seekable.</summary>
    /// <param name="stream">The file. It must hold all its weights.</param>
    /// <param name="options">How to load it.</param>
    /// <exception cref="OnnxFormatException">The file is damaged, contradicts itself, or has operators that are not supported (all are named).</exception>
    /// <exception cref="ArgumentException">There is no output or no input of a name in the options, or a value does not fit its input.</exception>
    public static OnnxNetwork Load(Stream stream, OnnxNetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Load(stream, null, options);
    }

    private static OnnxNetwork Load(Stream stream, string? path, OnnxNetworkOptions options)
    {
        TorchLibrary.EnsureLoaded();
        ArgumentNullException.ThrowIfNull(options);
        if (options.Precision is not (null or torch.ScalarType.Float32 or torch.ScalarType.Float64))
        {
            throw new ArgumentException($"{nameof(OnnxNetworkOptions.Precision)} is {options.Precision}; Float32 and Float64 are possible.", nameof(options));
        }

        if (options.OutputName != null && options.OutputNames != null)
        {
            throw new ArgumentException(
                $"{nameof(OnnxNetworkOptions.OutputName)} is '{options.OutputName}' and {nameof(OnnxNetworkOptions.OutputNames)} are [{string.Join(", ", options.OutputNames)}]: set the one for class scores, or the other for outputs as they are.",
                nameof(options));
        }

        // Weights that are made in inference mode could not be used where gradients are wanted.
        using var differentiable = torch.inference_mode(false);
        using var scope = torch.NewDisposeScope();
        var file = ModelFile.Read(stream, path, options.Limits);
        options = options.Or(file.SavedPrecision, file.SavedOutput);
        GraphPreparation? prepared = null;
        try
        {
            if (options.InputValues is { } values) FixedInputs.Run(file, values);
            prepared = GraphPreparation.Prepare(file, options);
            return new OnnxNetwork(file, prepared, options);
        }
        catch
        {
            prepared?.Graph.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkInput> Inputs { get; }

    /// <inheritdoc/>
    public override OutputKind Output { get; }

    /// <summary>
    /// The name of the output that is taken: that of the options or, without one, the likeliest to hold class scores by its shape and its
    /// name. For classifiers that pack their probabilities into maps (<c>ZipMap</c>), the tensor before that; for several outputs that are joined, a name of its own.
    /// </summary>
    public string OutputName => _prepared.Choice.Value.Name;

    /// <summary>
    /// The file's other outputs that class scores could be read from, as far as the file tells their shapes, the likeliest first. Where
    /// there are any, only the user can tell whether <see cref="OutputName"/> is the right one.
    /// </summary>
    public IReadOnlyList<string> OtherOutputs => _prepared.Choice.Others;

    /// <summary>
    /// The names of the classes, in order, where the file has them: in what it puts behind the class scores (labels of
    /// <c>ai.onnx.ml</c>), or in its metadata. Null where it has none. A single output has the names of two classes.
    /// </summary>
    public IReadOnlyList<string>? ClassNames => _prepared.ClassNames;

    /// <summary>What the file says about the pixels that it takes; null where it says nothing.</summary>
    public OnnxPixelMetadata? Pixels { get; }

    /// <inheritdoc/>
    public override torch.Device Device => _device;

    /// <inheritdoc/>
    public override string Format => "onnx";

    internal Graph Graph => _prepared.Graph;

    /// <summary>The weights in bfloat16, of the tails that compute in it.</summary>
    internal BFloat16Weights BFloat16Weights { get; }

    /// <summary>The id that token classifiers are padded with, where the file's metadata say it.</summary>
    internal long? PaddingId => _file.Model.MetadataProps.FirstOrDefault(entry => entry.Key == "pad_token_id") is { } entry
        && long.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null;

    /// <summary>Whether the options say which output is taken.</summary>
    internal bool HasNamedOutput => _outputName != null;

    internal string OutputTensor => _prepared.Output;

    internal FixedBatch? FixedBatch => _fixedBatch;

    /// <summary>The tensor in the graph that a layer's name stands for.</summary>
    /// <exception cref="ArgumentException">There is no such layer, or the network cannot be cut there.</exception>
    internal string TensorOf(string layer) => _catalogue.Value.Resolve(layer);

    /// <inheritdoc/>
    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
    {
        ArgumentNullException.ThrowIfNull(inputShapes);
        ObjectDisposedException.ThrowIf(_disposed, this);
        GraphInputs.CheckShapes(Inputs, inputShapes);
        string shapes = string.Join(' ', inputShapes.Select(shape => string.Join(',', shape)));
        if (_layersByShapes.TryGetValue(shapes, out var layers)) return layers;
        return _layersByShapes[shapes] = _catalogue.Value.Describe(Inputs, inputShapes, _device, _fixedBatch);
    }

    /// <inheritdoc/>
    public override torch.Tensor Forward(IReadOnlyList<torch.Tensor> inputs)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var values = Read(inputs);
        _forward ??= new BatchedFunction(Graph, Inputs.Select(input => input.Name).ToArray(), OutputTensor, _fixedBatch, givesClasses: true);
        var output = _forward.Run(Array.ConvertAll(values, value => (OnnxValue)value), values[0].shape[0]);
        return Classes(values.Any(value => ReferenceEquals(value, output)) ? output.alias() : output, values[0].shape[0]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override SplitNetwork Split(string layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ObjectDisposedException.ThrowIf(_disposed, this);
        string name = TensorOf(layer);
        return new OnnxSplitNetwork(this, layer, name, _catalogue.Value.IsAfterRelu(name), _catalogue.Value.Beside(name), _catalogue.Value.ChannelDimension(name));
    }

    /// <inheritdoc/>
    /// <remarks>One run of the graph, where it takes the batch at once; where its rows go through one by one, a pass for each layer.</remarks>
    public override IReadOnlyList<torch.Tensor> Features(IReadOnlyList<string> layers, IReadOnlyList<torch.Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ObjectDisposedException.ThrowIf(_disposed, this);
        string[] tensors = layers.Select(TensorOf).ToArray();
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var values = Read(inputs);
        if (!TakesAtOnce(values)) return base.Features(layers, inputs).Select(features => features.MoveToOuterDisposeScope()).ToArray();
        return RunTo(tensors, values).Zip(layers, FeaturesOf).Select(features => features.MoveToOuterDisposeScope()).ToArray();
    }

    /// <inheritdoc/>
    internal override (IReadOnlyList<torch.Tensor> Features, torch.Tensor Output) FeaturesAndOutput(
        IReadOnlyList<string> layers, IReadOnlyList<torch.Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ObjectDisposedException.ThrowIf(_disposed, this);
        string[] tensors = layers.Select(TensorOf).ToArray();
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var values = Read(inputs);
        if (!TakesAtOnce(values))
        {
            var (each, last) = base.FeaturesAndOutput(layers, inputs);
            return (each.Select(features => features.MoveToOuterDisposeScope()).ToArray(), last.MoveToOuterDisposeScope());
        }

        var found = RunTo([.. tensors, OutputTensor], values);
        var output = Classes(found[^1].alias(), values[0].shape[0]);
        return (found.Zip(layers, FeaturesOf).Select(features => features.MoveToOuterDisposeScope()).ToArray(), output.MoveToOuterDisposeScope());
    }

    private bool TakesAtOnce(torch.Tensor[] values) => _fixedBatch?.TakesAtOnce(values[0].shape[0]) != false;

    private torch.Tensor[] RunTo(string[] tensors, torch.Tensor[] values)
    {
        if (_features?.Gives(tensors) != true)
        {
            _features?.Dispose();
            _features = new FeatureFunction(Graph, tensors);
        }

        return _features.Run(Array.ConvertAll(values, value => (OnnxValue)value));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// There is no such input, it holds integers (cut at the embeddings instead), or none of its features reach the output.
    /// </exception>
    public override SplitNetwork SplitAtInput(string? input = null) => Split(NetworkInputs.Explained(Inputs, input, nameof(input)).Name);

    /// <inheritdoc/>
    /// <remarks>
    /// The nodes that read constants as weights (convolutions, products, recurrences, normalisations, embeddings, biases), by the tensors
    /// that they write. Quantised weights are integers, which noise cannot replace: they are none of them.
    /// </remarks>
    public override IReadOnlyList<string> WeightLayers
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _weightLayers ??= WeightParts.Of(Graph).Select(part => part.Name).ToArray();
        }
    }

    /// <inheritdoc/>
    public override IDisposable RandomizeWeights(string weightLayer, long seed)
    {
        CheckWeightLayer(weightLayer);
        return Randomize(WeightParts.Of(Graph).First(part => part.Name == weightLayer).Weights, seed, OnWeightsChanged);
    }

    /// <inheritdoc/>
    public override void MoveTo(torch.Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfRandomized("moved");
        var originals = _file.Weights.Values.Select(weight => weight.Tensor).ToHashSet<torch.Tensor>(ReferenceEqualityComparer.Instance);
        _forward?.Dispose();
        _forward = null;
        _features?.Dispose();
        _features = null;
        BFloat16Weights.Clear();
        DeviceChange.Run(Graph, device, originals);
        _device = device;
    }

    /// <summary>
    /// Writes the network as one ONNX file with all its weights, as they were loaded. An output that the options named is the only one
    /// of that file, and a precision that they named is noted in it, so that both are chosen again.
    /// </summary>
    /// <param name="stream">Where to write; left open. Need not be seekable.</param>
    /// <exception cref="NotSupportedException">The network is larger than the 2 GiB that one ONNX file can hold.</exception>
    public override void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfRandomized("saved");
        _file.Write(stream, _outputName, _precision, _takesOutputAsItIs);
    }

    private void OnWeightsChanged()
    {
        Graph.CountWeightChange();
        BatchNormalizationFolding.Refresh(Graph);
    }

    /// <summary>See <see cref="SplitNetwork.HeadFingerprint"/>; computed once for each cut, and again after weights have changed.</summary>
    internal string HeadFingerprint(string layer, string tensor)
    {
        lock (_fingerprints)
        {
            if (_fingerprints.TryGetValue(layer, out var known) && known.WeightChanges == Graph.WeightChanges) return known.Fingerprint;
            string fingerprint = GraphFingerprint.Of(Graph, layer, tensor);
            _fingerprints[layer] = (Graph.WeightChanges, fingerprint);
            return fingerprint;
        }
    }

    /// <summary>Checks inputs and brings them to the network's types and device, in the caller's dispose scope.</summary>
    internal torch.Tensor[] Read(IReadOnlyList<torch.Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ObjectDisposedException.ThrowIf(_disposed, this);
        GraphInputs.CheckShapes(Inputs, inputs.Select(input => (IReadOnlyList<long>)input.shape).ToArray());
        return Inputs.Zip(inputs, (input, tensor) => tensor.to(input.ElementType, _device)).ToArray();
    }

    /// <summary>The features that a tensor at a cut holds, as a tensor of their own in the caller's dispose scope: it may be an input, which belongs to the caller.</summary>
    internal static torch.Tensor FeaturesOf(torch.Tensor tensor, string layer)
    {
        if (tensor.dim() == 0) throw new OnnxFormatException($"The tensor '{layer}' is a single number: it is no layer.");
        return LayerCatalogue.IsQuantized(tensor) ? tensor.to(torch.float32) : tensor.detach().alias();
    }

    /// <summary>The output as <c>[N, classes]</c>, or as it is where that was asked for.</summary>
    internal torch.Tensor Classes(torch.Tensor output, long rows)
    {
        // A graph that squeezes the batch of one away gives one row as a vector.
        if (!_takesOutputAsItIs && rows == 1 && output.dim() == 1 && output.shape[0] != 1) return output.unsqueeze(0);
        if (output.dim() == 0 || output.shape[0] != rows)
        {
            throw new OnnxFormatException(
                $"The output '{OutputTensor}' has shape {Shapes.Format(output.shape)} for {rows} rows: it does not have the batch first, so it is no classifier's.");
        }

        if (_takesOutputAsItIs) return output;
        long[] row = output.shape[1..];
        if (row.Count(size => size != 1) > 1) throw OutputReader.NoScores(OutputName, ["N", .. row.Select(size => $"{size}")], OtherOutputs);
        if (!output.is_floating_point())
        {
            throw new OnnxFormatException(
                $"The output '{OutputName}' is integers ({output.dtype}): class scores are floating point numbers. " +
                $"Name the tensor that holds them ({nameof(OnnxNetworkOptions)}.{nameof(OnnxNetworkOptions.OutputName)}).");
        }

        return output.dim() == 2 ? output : output.reshape(rows, output.numel() / Math.Max(1, rows));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed) return;
        _disposed = true;
        _forward?.Dispose();
        _features?.Dispose();
        BFloat16Weights.Clear();
        Graph.Dispose();
        _file.Dispose();
        if (NativeMemory.KeepsBuffers) NativeMemory.Trim();
    }
}

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>An ONNX network cut at a tensor.</summary>
internal sealed class OnnxSplitNetwork : SplitNetwork
{
    private readonly OnnxNetwork _network;
    private readonly TailPlan _plan;
    private readonly BatchedFunction _head;
    private readonly BatchedFunction _tail;
    private readonly GraphFunction? _masks;
    private readonly IReadOnlyList<string> _beside;
    private readonly string _name;
    private readonly string _tensor;
    private readonly Lazy<LayerInfo> _layer;
    private readonly Lazy<string?> _guidanceObjection;
    private readonly Lazy<string?> _bfloat16Objection;
    private BatchedFunction? _guidedTail;
    private BatchedFunction? _bfloat16Tail;

    /// <param name="network">The network; it must outlive the cut.</param>
    /// <param name="layer">The layer's name, as the user wrote it.</param>
    /// <param name="tensor">The tensor's name in the graph.</param>
    /// <param name="afterRelu">Whether it comes out of a ReLU.</param>
    /// <param name="beside">The inputs whose features do not all pass through it.</param>
    /// <param name="channelDimension">Where the operators around it say its channels are.</param>
    public OnnxSplitNetwork(OnnxNetwork network, string layer, string tensor, bool afterRelu, IReadOnlyList<string> beside, int? channelDimension)
    {
        ChannelDimension = channelDimension;
        _beside = beside;
        _network = network;
        _plan = TailPlan.Make(network.Graph, tensor, network.OutputTensor, network.FixedBatch != null);
        _head = new BatchedFunction(network.Graph, network.Inputs.Select(input => input.Name).ToArray(), tensor, network.FixedBatch);
        _tail = new BatchedFunction(network.Graph, [tensor, .. _plan.Masks, .. _plan.Inputs], network.OutputTensor, network.FixedBatch, givesClasses: true);
        if (_plan.Masks.Count > 0) _masks = new GraphFunction(network.Graph, _plan.Inputs, _plan.Masks);
        _name = layer;
        _tensor = tensor;
        _layer = new Lazy<LayerInfo>(() => Describe(layer, tensor, afterRelu));
        _guidanceObjection = new Lazy<string?>(() => GuidedRectifiers.Objection(
            network.Graph, GraphSlice.Between(network.Graph, [tensor, .. _plan.Masks, .. _plan.Inputs], [network.OutputTensor]), layer));
        _bfloat16Objection = new Lazy<string?>(() => BFloat16Nodes.Objection(
            network.Graph, GraphFunction.NodesOf(network.Graph, [tensor, .. _plan.Masks, .. _plan.Inputs], [network.OutputTensor]), layer));
    }

    private OnnxSplitNetwork(OnnxSplitNetwork other)
    {
        ChannelDimension = other.ChannelDimension;
        _beside = other._beside;
        _network = other._network;
        _plan = other._plan;
        _head = other._head.Fork();
        _tail = other._tail.Fork();
        if (_plan.Masks.Count > 0) _masks = new GraphFunction(_network.Graph, _plan.Inputs, _plan.Masks);
        _name = other._name;
        _tensor = other._tensor;
        _layer = other._layer;
        _guidanceObjection = other._guidanceObjection;
        _bfloat16Objection = other._bfloat16Objection;
    }

    /// <inheritdoc/>
    public override LayerInfo Layer => _layer.Value;

    /// <inheritdoc/>
    public override string LayerName => _name;

    /// <inheritdoc/>
    public override int? ChannelDimension { get; }

    /// <inheritdoc/>
    public override bool Explains(string input) => !_beside.Contains(input);

    /// <inheritdoc/>
    public override OutputKind Output => _network.Output;

    /// <inheritdoc/>
    public override Activation Head(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var values = _network.Read(inputs);
        long rows = values[0].shape[0];
        var tensor = _head.Run(Array.ConvertAll(values, value => (OnnxValue)value), rows);
        var features = OnnxNetwork.FeaturesOf(tensor, _name);
        var context = _plan.Inputs.Select(name => Context(values[IndexOf(name)], _plan.ReadsValues(name))).ToArray();
        return LayerCatalogue.IsQuantized(tensor)
            ? new OnnxActivation(features, context, rows) { QuantizedAs = NarrowTypes.Of(tensor.dtype) }
            : new OnnxActivation(features, context, rows);
    }

    /// <inheritdoc/>
    public override Tensor Tail(Tensor features, Activation origin)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (origin is not OnnxActivation activation) throw new ArgumentException("The activation is not from this cut's head.", nameof(origin));
        using var scope = NewDisposeScope();
        return Run(_tail, features, activation, Copies(features, activation)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override long ResultBytes(Activation origin)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var row = (OnnxActivation)origin.Slice(0, 1);
        long copies = _network.FixedBatch?.Rows ?? 1, bytes = 0;
        Run(_tail, row.Features.repeat_interleave(copies, 0), row, copies, (_, _, results) =>
        {
            foreach (var tensor in results.SelectMany(OnnxValue.TensorsOf)) bytes += tensor.numel() * tensor.element_size();
        });
        return bytes / copies;
    }

    /// <inheritdoc/>
    internal override string? GuidanceObjection => _guidanceObjection.Value;

    /// <inheritdoc/>
    internal override Tensor GuidedTail(Tensor features, Activation origin)
    {
        using var scope = NewDisposeScope();
        var activation = (OnnxActivation)origin;
        // Its weights are those of the tail, so that nothing is added to the graph while other cuts read it.
        _guidedTail ??= _tail.Guided();
        return Run(_guidedTail, features, activation, Copies(features, activation)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override string? BFloat16Objection => _bfloat16Objection.Value;

    /// <inheritdoc/>
    internal override Tensor BFloat16Tail(Tensor features, Activation origin) => RunBFloat16(features, origin, observer: null);

    /// <summary>The same, told of every node as it is computed.</summary>
    internal Tensor RunBFloat16(Tensor features, Activation origin, NodeObserver? observer)
    {
        using var scope = NewDisposeScope();
        var activation = (OnnxActivation)origin;
        _bfloat16Tail ??= _tail.InBFloat16(_network.BFloat16Weights);
        return Run(_bfloat16Tail, features, activation, Copies(features, activation), observer).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override (Network Network, IReadOnlyList<Tensor> Inputs)? Whole(Activation origin)
    {
        if (!_network.Inputs.Any(input => input.Name == _tensor)) return null;
        // What the tail does not read, no layer behind the cut does: any values of the declared shape stand for it.
        return (_network, _network.Inputs.Select(input => input.Name == _tensor ? origin.Features
            : _plan.Inputs.ToList().IndexOf(input.Name) is >= 0 and var index ? origin.Context[index]
            : zeros(input.Shape.Select((size, dimension) => dimension == 0 ? origin.Rows : Math.Max(1, size)).ToArray(), input.ElementType, _network.Device)).ToArray());
    }

    /// <inheritdoc/>
    public override bool CanFork => true;

    /// <inheritdoc/>
    /// <remarks>Cuts share the graph's weights; each has its own programs for the shapes that it met.</remarks>
    public override SplitNetwork Fork() => new OnnxSplitNetwork(this);

    /// <inheritdoc/>
    /// <remarks>Of the nodes before the layer and the constants that they read, as they were loaded.</remarks>
    public override string HeadFingerprint() => _network.HeadFingerprint(_name, _tensor);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _head.Dispose();
            _tail.Dispose();
            _guidedTail?.Dispose();
            _bfloat16Tail?.Dispose();
            _masks?.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor Run(BatchedFunction tail, Tensor features, OnnxActivation activation, long copies, NodeObserver? observer = null)
    {
        var inputs = activation.Context.Select((tensor, i) => (OnnxValue)Repeat(tensor, copies, _plan.ReadsValues(_plan.Inputs[i]))).ToArray();
        var masks = _masks == null ? [] : activation.Masks(copies, _network.Graph.WeightChanges, () => _masks.Run(inputs));
        long rows = activation.InputRows * copies;
        var output = tail.Run([new TensorValue(features, activation.QuantizedAs), .. masks, .. inputs], rows, observer);
        return _network.Classes(ReferenceEquals(output, features) ? output.alias() : output, rows);
    }

    private long Copies(Tensor features, OnnxActivation activation)
    {
        if (activation.Rows == activation.InputRows && features.dim() > 0 && features.shape[0] % activation.Rows == 0) return features.shape[0] / activation.Rows;
        if (features.shape.AsSpan().SequenceEqual(activation.Features.shape)) return 1;
        string shapes = $"The features have shape {Shapes.Format(features.shape)}, those of the head {Shapes.Format(activation.Features.shape)}";
        throw new ArgumentException(
            activation.Rows == activation.InputRows
                ? $"{shapes}: not the same number of copies for each row."
                : $"{shapes} for {activation.InputRows} rows. The layer '{_name}' does not have the batch first, so rows cannot be copied: choose one of the network's Layers.",
            nameof(features));
    }

    private int IndexOf(string input)
    {
        for (int i = 0; i < _network.Inputs.Count; i++)
        {
            if (_network.Inputs[i].Name == input) return i;
        }

        throw new InvalidOperationException($"'{input}' is no input.");
    }

    /// <summary>Where only the shape is read, a single zero stands for all elements.</summary>
    private static Tensor Context(Tensor input, bool readsValues)
        => readsValues ? input.alias() : zeros(1, dtype: input.dtype, device: input.device).expand(input.shape);

    private static Tensor Repeat(Tensor input, long copies, bool readsValues)
    {
        if (copies == 1) return input;
        return readsValues ? input.repeat_interleave(copies, 0) : input.narrow(0, 0, 1).expand([input.shape[0] * copies, .. input.shape[1..]]);
    }

    private LayerInfo Describe(string layer, string tensor, bool afterRelu)
    {
        if (_network.Inputs.Any(input => input.Shape.Count == 0)) return Unknown();
        if (_network.Inputs.FirstOrDefault(input => input.Name == tensor) is { } input) return new LayerInfo(layer, NetworkInputs.OneRow(input.Shape), afterRelu, 0);
        var shapes = _network.Inputs.Select(input => NetworkInputs.OneRow(input.Shape)).ToArray();
        if (shapes.All(shape => shape.All(size => size >= 0))) return Find(shapes) ?? Unknown();

        // Two guesses at the open sizes tell which of the layer's sizes depend on them.
        try
        {
            var small = Find(Array.ConvertAll(shapes, shape => Fill(shape, smaller: true)));
            var large = Find(Array.ConvertAll(shapes, shape => Fill(shape, smaller: false)));
            if (small == null || large == null || small.Shape.Count != large.Shape.Count) return Unknown();
            return small with { Shape = TrialSizes.Merge(small.Shape, large.Shape) };
        }
        catch (OnnxFormatException)
        {
            return Unknown();
        }

        LayerInfo? Find(IReadOnlyList<long>[] inputShapes)
            => _network.DescribeLayers(inputShapes).FirstOrDefault(info => info.Name == tensor) is { } info ? info with { Name = layer } : null;

        LayerInfo Unknown() => new(layer, [-1], afterRelu, 0);

        static IReadOnlyList<long> Fill(IReadOnlyList<long> shape, bool smaller)
        {
            long size = shape.Count >= 4 ? (smaller ? TrialSizes.Small : TrialSizes.Large) : (smaller ? 16 : 24);
            return TrialSizes.Fill(shape, size);
        }
    }
}

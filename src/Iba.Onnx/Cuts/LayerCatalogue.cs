using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>The tensors at which a classifier can be cut.</summary>
internal sealed class LayerCatalogue
{
    // Unlike the sizes that networks have in front (directions, query-key-value, 1), so that the batch is told from them.
    private const long DryRunRows = 5;

    private readonly GraphPreparation _prepared;
    private readonly string[] _traced;
    private readonly FeatureFlow[] _flows;
    private readonly CutFinder[] _finders;
    private readonly (string Name, int Node)[] _cuts;
    private readonly HashSet<string> _afterRelu;
    private readonly IReadOnlyDictionary<string, int> _channels;

    /// <param name="prepared">The graph.</param>
    public LayerCatalogue(GraphPreparation prepared)
    {
        _prepared = prepared;
        var traced = FeatureFlow.Trace(prepared.Graph, prepared.Output);
        _traced = Array.ConvertAll(traced, flow => flow.Input);
        _flows = Array.Exists(traced, Reaches) ? Array.FindAll(traced, Reaches) : traced;
        _finders = Array.ConvertAll(_flows, flow => new CutFinder(flow, prepared.Output));
        _cuts = _finders.SelectMany(finder => finder.Cuts).Distinct().OrderBy(cut => cut.Node).ToArray();
        _afterRelu = AfterRelu.Trace(prepared.Graph);
        _channels = ChannelTrace.Of(prepared.Graph);

        bool Reaches(FeatureFlow flow) => flow.Carriers.Contains(prepared.Output);
    }

    /// <summary>The inputs whose features do not all pass through a cut.</summary>
    public IReadOnlyList<string> Beside(string cut)
        => _traced.Except(_finders.Zip(_flows).Where(pair => pair.First.Cuts.Any(found => found.Name == cut)).Select(pair => pair.Second.Input)).ToArray();

    public bool IsAfterRelu(string name) => _afterRelu.Contains(name);

    /// <summary>Where the operators around a tensor say its channels are, see <see cref="ChannelTrace"/>; null: they do not say.</summary>
    public int? ChannelDimension(string name) => _channels.TryGetValue(name, out int dimension) ? dimension : null;

    /// <summary>The name in the prepared graph of a tensor that a user asks for, by its own name or by that of the node that writes it.</summary>
    /// <exception cref="ArgumentException">There is no such tensor, or features run past it.</exception>
    public string Resolve(string layer)
    {
        string name = Tensor(layer);
        if (IsCut(name)) return name;
        var near = Nearest(layer);
        string suggestion = near.Count > 0 ? $" Layers that are cuts, nearest name first: {string.Join(", ", near)}." : " The network has no layer that is a cut.";
        string at = name == layer || _prepared.Aliases.ContainsKey(layer) ? $"'{layer}'" : $"'{name}', which node '{layer}' writes";
        if (Array.Find(_finders, finder => finder.Carries(name)) is { } found)
        {
            var crossing = found.Crossing(name);
            string more = crossing.Count > 4 ? $" and {crossing.Count - 4} more" : "";
            throw new ArgumentException(
                $"The network cannot be cut at {at}: features also pass through {Quote(crossing.Take(4))}{more} beside it.{suggestion}", nameof(layer));
        }

        throw new ArgumentException(
            Exists(name) ? $"The network cannot be cut at {at}: no features of {Quote(_flows.Select(flow => flow.Input))} pass through it to the output.{suggestion}"
                : _prepared.NodeOutputs[layer].Any() ? $"Several tensors come from nodes named '{layer}': {Quote(_prepared.NodeOutputs[layer])}. Name one of them.{suggestion}"
                : $"The network has no layer '{layer}', neither a tensor nor a node.{suggestion}",
            nameof(layer));
    }

    private bool IsCut(string name) => _cuts.Any(cut => cut.Name == name);

    private bool Exists(string name)
        => _prepared.Graph.Constants.ContainsKey(name) || _prepared.Graph.Inputs.Any(input => input.Name == name) || _prepared.Graph.Nodes.Any(node => node.Outputs.Contains(name));

    /// <summary>A tensor's own name comes before the names of nodes; of several tensors that a node writes the one that is a cut is meant.</summary>
    private string Tensor(string layer)
    {
        string name = _prepared.Aliases.GetValueOrDefault(layer, layer);
        if (Exists(name)) return name;
        string[] written = _prepared.NodeOutputs[layer].Select(output => _prepared.Aliases.GetValueOrDefault(output, output)).Distinct().ToArray();
        string[] cuts = Array.FindAll(written, IsCut);
        return cuts.Length == 1 ? cuts[0] : written.Length == 1 ? written[0] : layer;
    }

    /// <summary>The cuts whose own names, or those of the nodes that write them, are nearest, with both names.</summary>
    private List<string> Nearest(string layer)
    {
        const int count = 5;
        var names = _cuts.Select(cut => (cut.Name, Node: cut.Node < 0 ? "" : _flows[0].Nodes[cut.Node].Proto.Name)).ToArray();
        return NearestNames.Of(layer, names.Select(cut => cut.Name).Concat(names.Select(cut => cut.Node)).Where(name => name.Length > 0).Distinct(), 2 * count)
            .Select(name => names.First(cut => cut.Name == name || cut.Node == name)).Distinct().Take(count)
            .Select(cut => cut.Node.Length == 0 || cut.Node == cut.Name ? $"'{cut.Name}'" : $"'{cut.Name}' (node '{cut.Node}')").ToList();
    }

    /// <summary>Describes the layers by one dry run.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="shapes">Their shapes.</param>
    /// <param name="device">Where the weights lie.</param>
    /// <param name="batch">The batch size that the graph is made for; null where it is open.</param>
    public IReadOnlyList<LayerInfo> Describe(IReadOnlyList<NetworkInput> inputs, IReadOnlyList<long>[] shapes, Device device, FixedBatch? batch)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long rows = batch?.Rows ?? DryRunRows;
        var values = inputs.Zip(shapes, (input, shape) => (OnnxValue)Example(input.ElementType, [rows, .. shape.Skip(1)]).to(device)).ToArray();
        var found = new Dictionary<string, long[]>();
        for (int i = 0; i < inputs.Count; i++)
        {
            if (is_floating_point(inputs[i].ElementType)) found[inputs[i].Name] = ((TensorValue)values[i]).Tensor.shape;
        }

        // Integers made of numbers are quantised features; integers made of integers are tokens or pixels.
        bool quantizes = found.Count > 0;
        var costs = new List<double>(_flows[0].Nodes.Count);
        var program = new GraphProgram(_flows[0].Nodes.ToArray(), inputs.Select(input => input.Name).ToArray(), [_prepared.Output], _prepared.Graph.Constants);
        try
        {
            program.Run(values, (node, read, written) =>
            {
                costs.Add(Multiplications.Of(node, read, written));
                foreach (var (name, value) in node.Outputs.Zip(written))
                {
                    if (value is TensorValue { Tensor: var tensor } && (tensor.is_floating_point() || (quantizes && IsQuantized(tensor)))) found[name] = tensor.shape;
                }
            });
        }
        catch (OnnxFormatException failure) when (batch == null && !failure.IsOfBudget && !NativeError.IsOutOfMemory(failure))
        {
            if (!Runs(program, Array.ConvertAll(values, value => (OnnxValue)((TensorValue)value).Tensor.narrow(0, 0, 1)))) throw;
            throw new OnnxFormatException(
                $"The graph declares an open batch, but computes a batch of 1 only: {failure.Message} " +
                "Declare the batch of its inputs as 1 in the file (then rows go through one by one), or export it with an open batch throughout.",
                failure);
        }

        double total = costs.Sum();
        double[] before = new double[costs.Count + 1];
        for (int i = 0; i < costs.Count; i++) before[i + 1] = before[i] + costs[i];
        return _cuts
            .Where(cut => found.TryGetValue(cut.Name, out long[]? shape) && shape.Length > 1 && shape[0] == rows)
            .Select(cut => new LayerInfo(
                cut.Name,
                [shapes[0][0], .. found[cut.Name].Skip(1)],
                IsAfterRelu(cut.Name),
                total > 0 ? before[cut.Node + 1] / total : 0))
            .ToArray();
    }

    private static bool Runs(GraphProgram program, OnnxValue[] inputs)
    {
        try
        {
            program.Run(inputs);
            return true;
        }
        catch (OnnxFormatException)
        {
            return false;
        }
    }

    /// <summary>Any values that a network takes: numbers between 0 and 1, the token 1, true.</summary>
    private static Tensor Example(ScalarType type, long[] shape)
    {
        if (!is_floating_point(type)) return ones(shape, type);
        using var generator = new Generator(1, CPU);
        return rand(shape, generator: generator).to(type);
    }

    /// <summary>Whether a tensor holds quantised features: at a cut they are given as floats that hold the integers.</summary>
    public static bool IsQuantized(Tensor tensor) => tensor.dtype is ScalarType.Byte or ScalarType.Int8;

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}

namespace Iba.Onnx;

/// <summary>
/// A part of a graph, from some of its tensors to others. The first call with inputs of new shapes also notes all values that
/// follow from the shapes; later calls with those shapes take them as constants and skip the nodes that computed them (thousands,
/// in some exported transformers).
/// </summary>
internal sealed class GraphFunction : IDisposable
{
    private const int MostShapes = 8;
    private const long MostElements = 1 << 22;

    private readonly Graph _graph;
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly List<GraphNode> _nodes;
    private readonly HashSet<string> _fixedByShape;
    private readonly GraphProgram _general;
    private readonly List<(long[][] Shapes, GraphProgram Program, Dictionary<string, TensorValue> Values)> _specialised = [];
    private int _weightChanges;

    /// <param name="graph">The graph; it must outlive the function.</param>
    /// <param name="inputs">The names whose values are given.</param>
    /// <param name="outputs">The names whose values are computed.</param>
    /// <param name="rewrite">A change to the nodes that compute with the inputs' elements, before they are compiled.</param>
    public GraphFunction(Graph graph, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs, Func<GraphNode, GraphNode>? rewrite = null)
        : this(graph, NodesOf(graph, inputs, outputs), inputs, outputs, rewrite)
    {
    }

    /// <param name="graph">The graph; it must outlive the function.</param>
    /// <param name="nodes">The nodes to run, in order: those of <see cref="NodesOf"/>, for one or several outputs.</param>
    /// <param name="inputs">The names whose values are given.</param>
    /// <param name="outputs">The names whose values are computed.</param>
    /// <param name="rewrite">A change to the nodes that compute with the inputs' elements, before they are compiled.</param>
    public GraphFunction(
        Graph graph, List<GraphNode> nodes, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs, Func<GraphNode, GraphNode>? rewrite = null)
    {
        _graph = graph;
        _inputs = inputs.ToArray();
        _outputs = outputs.ToArray();
        _nodes = nodes;
        _weightChanges = graph.WeightChanges;
        _fixedByShape = ShapeFlow.Trace(_nodes, _inputs);
        if (rewrite != null) _nodes = _nodes.ConvertAll(node => node.Outputs.Any(_fixedByShape.Contains) ? node : rewrite(node));
        _general = new GraphProgram(_nodes, _inputs, _outputs, graph.Constants);
    }

    /// <summary>The nodes between some tensors and others, as they are run: with batch normalisations folded into the convolutions before them.</summary>
    public static List<GraphNode> NodesOf(Graph graph, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs)
        => BatchNormalizationFolding.Run(graph, GraphSlice.Between(graph, inputs, outputs), outputs);

    /// <summary>Computes the outputs in the caller's dispose scope and gradient mode.</summary>
    /// <param name="inputs">One value for each input.</param>
    /// <param name="observer">Told of every node that is computed; then nothing is skipped.</param>
    public OnnxValue[] Run(IReadOnlyList<OnnxValue> inputs, NodeObserver? observer = null)
    {
        if (observer != null || _fixedByShape.Count == 0 || inputs.Any(input => input is not TensorValue)) return _general.Run(inputs, observer);
        if (_weightChanges != _graph.WeightChanges)
        {
            Dispose();
            _weightChanges = _graph.WeightChanges;
        }

        long[][] shapes = inputs.Select(input => ((TensorValue)input).Tensor.shape).ToArray();
        int known = _specialised.FindIndex(entry => entry.Shapes.Zip(shapes).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)));
        if (known < 0) return RunAndSpecialise(inputs, shapes);
        var found = _specialised[known];
        if (known != _specialised.Count - 1)
        {
            _specialised.RemoveAt(known);
            _specialised.Add(found);
        }

        return found.Program.Run(inputs);
    }

    public void Dispose()
    {
        foreach (var (_, _, values) in _specialised) Dispose(values);
        _specialised.Clear();
    }

    private OnnxValue[] RunAndSpecialise(IReadOnlyList<OnnxValue> inputs, long[][] shapes)
    {
        var values = new Dictionary<string, TensorValue>();
        try
        {
            var outputs = _general.Run(inputs, (node, _, results) =>
            {
                for (int i = 0; i < node.Outputs.Length && i < results.Count; i++)
                {
                    if (_fixedByShape.Contains(node.Outputs[i]) && results[i] is TensorValue value && value.Tensor.numel() <= MostElements)
                    {
                        values[node.Outputs[i]] = value with { Tensor = value.Tensor.detach().clone().DetachFromDisposeScope() };
                    }
                }
            });
            Add(shapes, values);
            return outputs;
        }
        catch
        {
            Dispose(values);
            throw;
        }
    }

    private void Add(long[][] shapes, Dictionary<string, TensorValue> values)
    {
        var nodes = GraphSlice.Between(_nodes, _inputs.Concat(values.Keys), _outputs);
        var needed = GraphSlice.Needs(nodes).Concat(_outputs).ToHashSet();
        foreach (string name in values.Keys.Where(name => !needed.Contains(name)).ToArray())
        {
            values[name].Tensor.Dispose();
            values.Remove(name);
        }

        var constants = new Dictionary<string, TensorValue>(_graph.Constants);
        foreach (var (name, value) in values) constants[name] = value;
        _specialised.Add((shapes, new GraphProgram(nodes, _inputs, _outputs, constants), values));
        if (_specialised.Count <= MostShapes) return;
        Dispose(_specialised[0].Values);
        _specialised.RemoveAt(0);
    }

    private static void Dispose(Dictionary<string, TensorValue> values)
    {
        foreach (var value in values.Values) value.Tensor.Dispose();
        values.Clear();
    }
}

using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>
/// The tensors at several cuts from as few runs of the graph as give the bits of each cut's head: one, unless a convolution is read by
/// others than its batch normalisation, which is then folded into it in the head of one cut and not in that of another.
/// </summary>
internal sealed class FeatureFunction : IDisposable
{
    private readonly IReadOnlyList<string> _tensors;
    private readonly List<(GraphFunction Function, string[] Tensors)> _passes;

    /// <param name="graph">The graph; it must outlive the function.</param>
    /// <param name="tensors">The names of the tensors, each a cut.</param>
    public FeatureFunction(Graph graph, IReadOnlyList<string> tensors)
    {
        _tensors = tensors;
        string[] inputs = graph.Inputs.Select(input => input.Name).ToArray();
        var order = graph.Nodes.SelectMany((node, i) => node.Outputs.Select(name => (name, i))).Where(pair => pair.name.Length > 0)
            .ToDictionary(pair => pair.name, pair => pair.i);
        var passes = new List<(Dictionary<string, GraphNode> Nodes, List<string> Tensors)>();
        foreach (string tensor in tensors.Distinct().OrderByDescending(tensor => order.GetValueOrDefault(tensor, -1)))
        {
            var nodes = GraphFunction.NodesOf(graph, inputs, [tensor]);
            var pass = passes.Find(pass => nodes.TrueForAll(node => Agrees(node, pass.Nodes)));
            if (pass.Nodes is null) passes.Add(pass = ([], []));
            pass.Tensors.Add(tensor);
            foreach (var node in nodes) pass.Nodes[Name(node)] = node;
        }

        _passes = passes.ConvertAll(pass => (
            new GraphFunction(graph, pass.Nodes.OrderBy(entry => order[entry.Key]).Select(entry => entry.Value).ToList(), inputs, pass.Tensors),
            pass.Tensors.ToArray()));
    }

    /// <summary>How often the graph is run for one batch.</summary>
    public int Passes => _passes.Count;

    /// <summary>Whether this is the function for these tensors.</summary>
    public bool Gives(IReadOnlyList<string> tensors) => _tensors.SequenceEqual(tensors);

    /// <summary>The tensors, in the caller's dispose scope and gradient mode.</summary>
    /// <param name="inputs">One value for each input of the graph.</param>
    public Tensor[] Run(IReadOnlyList<OnnxValue> inputs)
    {
        var found = new Dictionary<string, Tensor>();
        foreach (var (function, names) in _passes)
        {
            foreach (var (name, value) in names.Zip(function.Run(inputs))) found[name] = ((TensorValue)value).Tensor;
        }

        return _tensors.Select(name => found[name]).ToArray();
    }

    public void Dispose()
    {
        foreach (var (function, _) in _passes) function.Dispose();
    }

    /// <summary>Whether a node is computed in the same way in a pass, or not at all.</summary>
    private static bool Agrees(GraphNode node, Dictionary<string, GraphNode> others)
        => !others.TryGetValue(Name(node), out var other) || (node.Operator == other.Operator && node.Inputs.SequenceEqual(other.Inputs));

    private static string Name(GraphNode node) => Array.Find(node.Outputs, name => name.Length > 0)!;
}

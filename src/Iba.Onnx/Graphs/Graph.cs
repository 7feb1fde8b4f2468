using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>
/// A graph as it is computed: model-local functions inlined, weights as tensors, nodes in an order in which they can run.
/// Owns its weights and those of the graphs inside it.
/// </summary>
internal sealed class Graph : IDisposable
{
    /// <summary>What the graph takes, initializers excluded.</summary>
    public required IReadOnlyList<ValueInfoProto> Inputs { get; set; }

    public required IReadOnlyList<ValueInfoProto> Outputs { get; set; }

    /// <summary>Weights and other constants, by name.</summary>
    public required Dictionary<string, TensorValue> Constants { get; init; }

    public required List<GraphNode> Nodes { get; set; }

    /// <summary>Counts the changes of weights, so that what was computed from them can be told to be out of date.</summary>
    public int WeightChanges { get; private set; }

    private HashSet<string>? _captures;

    /// <summary>The names that the graph reads from the graph around it.</summary>
    public IReadOnlySet<string> Captures()
    {
        if (_captures != null) return _captures;
        var own = Inputs.Select(input => input.Name).Concat(Constants.Keys).Concat(Nodes.SelectMany(node => node.Outputs)).ToHashSet();
        _captures = Nodes.SelectMany(node => node.Reads()).Concat(Outputs.Select(output => output.Name)).Where(name => !own.Contains(name)).ToHashSet();
        return _captures;
    }

    /// <summary>To be called after weights were changed in place.</summary>
    public void CountWeightChange() => WeightChanges++;

    /// <summary>All nodes, those of inner graphs included.</summary>
    public IEnumerable<GraphNode> AllNodes()
        => Nodes.SelectMany(node => node.Subgraphs.Values.SelectMany(graph => graph.AllNodes()).Prepend(node));

    public void Dispose()
    {
        foreach (var constant in Constants.Values) constant.Tensor.Dispose();
        foreach (var inner in Nodes.SelectMany(node => node.Subgraphs.Values)) inner.Dispose();
    }
}

using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>Builds a <see cref="Graph"/> from a file's messages.</summary>
internal sealed class GraphBuilder
{
    private readonly OperatorTable _table;
    private readonly FunctionInliner _functions;
    private readonly IReadOnlyDictionary<string, TensorValue> _weights;
    private readonly GraphProto _main;

    private GraphBuilder(ModelProto model, OperatorTable table, IReadOnlyDictionary<string, TensorValue> weights)
    {
        _weights = weights;
        _main = model.Graph;
        _table = table;
        _functions = new FunctionInliner(model);
    }

    /// <param name="model">The model.</param>
    /// <param name="table">The operators.</param>
    /// <param name="weights">Initializers and values of Constant nodes that were read already; the graph owns them from now on.</param>
    /// <exception cref="OnnxFormatException">The model contradicts itself.</exception>
    public static Graph Build(ModelProto model, OperatorTable table, IReadOnlyDictionary<string, TensorValue>? weights = null)
    {
        if (model.Graph == null) throw new OnnxFormatException("The file holds no graph: it is no ONNX model.");
        var opsets = new OperatorSets(model.OpsetImport, "model", model.IrVersion);
        return new GraphBuilder(model, table, weights ?? new Dictionary<string, TensorValue>()).Build(model.Graph, opsets, depth: 0);
    }

    private Graph Build(GraphProto proto, OperatorSets opsets, int depth)
    {
        var initializers = proto.Initializer.Select(tensor => tensor.Name)
            .Concat(proto.SparseInitializer.Select(tensor => tensor.Values?.Name ?? "")).ToHashSet();
        var constants = new Dictionary<string, TensorValue>();
        var nodes = new List<GraphNode>();
        var graph = new Graph
        {
            Constants = constants,
            Nodes = nodes,
            Inputs = proto.Input.Where(input => !initializers.Contains(input.Name)).ToArray(),
            Outputs = proto.Output,
        };
        try
        {
            // Nothing is computed with strings: they are names of classes, behind the scores.
            foreach (var initializer in proto.Initializer.Where(tensor => tensor.DataType != (int)DataType.String))
            {
                var read = proto == _main ? _weights.GetValueOrDefault(initializer.Name) : null;
                Add(initializer.Name, read ?? TensorReader.ReadValue(initializer, "initializer"));
            }

            foreach (var initializer in proto.SparseInitializer)
            {
                Add(initializer.Values?.Name ?? "", new TensorValue(TensorReader.ReadSparse(initializer, "sparse initializer")));
            }

            var linear = new LinearModelExpansion(proto);
            foreach (var (node, nodeOpsets, nodeDepth) in _functions.Expand(proto.Node, opsets, depth))
            {
                if (linear.Expand(node) is { } written) nodes.AddRange(written.Select(standard => Build(standard, LinearModelExpansion.Opsets, nodeDepth)));
                else if (proto == _main && ConstantNode.Value(node) != null && _weights.TryGetValue(node.Output[0], out var weight)) Add(node.Output[0], weight);
                else nodes.Add(Build(node, nodeOpsets, nodeDepth));
            }

            graph.Nodes = TopologicalOrder.Sort(graph);
            return graph;
        }
        catch
        {
            graph.Dispose();
            throw;
        }

        void Add(string name, TensorValue value)
        {
            if (constants.TryAdd(name, value))
            {
                value.Tensor.DetachFromDisposeScope();
                return;
            }

            value.Tensor.Dispose();
            throw new OnnxFormatException($"Two initializers are named '{name}'.");
        }
    }

    private GraphNode Build(NodeProto node, OperatorSets opsets, int depth)
    {
        var subgraphs = new Dictionary<GraphProto, Graph>(ReferenceEqualityComparer.Instance);
        foreach (var attribute in node.Attribute)
        {
            if (attribute.G != null) subgraphs.Add(attribute.G, Build(attribute.G, opsets, depth + 1));
            foreach (var inner in attribute.Graphs) subgraphs.Add(inner, Build(inner, opsets, depth + 1));
        }

        return new GraphNode(
            node,
            opsets.Of(node.Domain),
            node.Input.ToArray(),
            node.Output.ToArray(),
            _table.Find(OperatorSets.Normalise(node.Domain), node.OpType),
            subgraphs);
    }
}

using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>
/// The way that one input's features take through a graph to its output. Shapes and masks (comparisons and what is made of them),
/// and everything that comes from other inputs, run beside it.
/// </summary>
internal sealed class FeatureFlow
{
    private FeatureFlow(string input, IReadOnlyList<GraphNode> nodes, HashSet<string> carriers)
    {
        Input = input;
        Nodes = nodes;
        Carriers = carriers;
    }

    /// <summary>The input that the features come from.</summary>
    public string Input { get; }

    /// <summary>The nodes that the output needs, in order; the same for every input.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>The tensors that carry features.</summary>
    public IReadOnlySet<string> Carriers { get; }

    /// <summary>The flows of the inputs that may be explained: all of floating point or, without one, the first.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="output">The classifier's output.</param>
    public static FeatureFlow[] Trace(Graph graph, string output)
    {
        var nodes = GraphSlice.Between(graph, graph.Inputs.Select(value => value.Name), [output]);
        var inputs = graph.Inputs.Where(IsFloat).ToArray();
        if (inputs.Length == 0) inputs = [graph.Inputs[0]];
        var flows = Flows(throughComparisons: false);

        // Some files write a one-hot code as Equal: then comparisons are all there is.
        return Array.Exists(flows, flow => flow.Carriers.Contains(output)) ? flows : Flows(throughComparisons: true);

        FeatureFlow[] Flows(bool throughComparisons)
            => Array.ConvertAll(inputs, input => new FeatureFlow(input.Name, nodes, Carry(nodes, input.Name, IsFloat(input), throughComparisons)));
    }

    public static bool IsFloat(ValueInfoProto value)
        => ElementTypes.IsFloatingPoint((DataType)(value.Type?.TensorType?.ElemType ?? 0));

    /// <summary>The tensors through which features enter a node; none where nothing but a shape or a mask comes out of it.</summary>
    public IEnumerable<string> FeaturesInto(GraphNode node)
        => node.Outputs.Any(Carriers.Contains)
            ? node.Reads().Where(name => Carriers.Contains(name) && !ReadsAsShape(node, name))
            : [];

    private static HashSet<string> Carry(List<GraphNode> nodes, string input, bool isFloat, bool throughComparisons)
    {
        var carriers = new HashSet<string> { input };
        foreach (var node in nodes)
        {
            if (!node.Reads().Any(name => carriers.Contains(name) && !ReadsAsShape(node, name)) || Stops(node)) continue;
            carriers.UnionWith(node.Outputs.Where((name, i) => name.Length > 0 && !(i == 1 && node.Operator is "TopK" or "MaxPool" or "Dropout")));
        }

        return carriers;

        bool Stops(GraphNode node)
            => OperatorTraits.ReadsShapesOnly(node)
                || (!throughComparisons && (OperatorTraits.IsComparison(node) || (node.Operator == "Cast" && CastStops(node))));

        bool CastStops(GraphNode node)
            => (DataType)(node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "to")?.I ?? 0) switch
            {
                DataType.Bool => true,
                var type => isFloat && !ElementTypes.IsFloatingPoint(type),
            };
    }

    private static bool ReadsAsShape(GraphNode node, string name)
    {
        int index = Array.IndexOf(node.Inputs, name);
        return index >= 0 && OperatorTraits.IsShapeInput(node, index);
    }
}

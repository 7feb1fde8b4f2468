using Iba.Onnx.Schema;
using Iba.Torch;

namespace Iba.Onnx;

/// <summary>Which output of a graph holds the classes, and what its numbers are.</summary>
internal static class OutputReader
{
    /// <param name="graph">The graph, its nodes in order.</param>
    /// <param name="name">The name of an output, or of any other tensor; null: the first float output or, where that is a map, the first of shape [N, classes].</param>
    /// <exception cref="ArgumentException">There is no tensor of that name.</exception>
    /// <exception cref="OnnxFormatException">There is no output, or it is a class's number.</exception>
    public static ValueInfoProto Choose(Graph graph, string? name)
    {
        if (graph.Outputs.Count == 0) throw new OnnxFormatException("The graph has no outputs.");
        var output = name == null ? Preferred(graph.Outputs) : Named(graph, name);
        int last = LastNode.IndexOf(graph, output.Name);
        if (last >= 0 && graph.Nodes[last] is { Domain: "", Operator: "ArgMax" or "ArgMin" } node)
        {
            throw new OnnxFormatException(
                $"The output '{output.Name}' is the number of a class, from node {node.Label}: it has no gradient, so it cannot be explained. " +
                $"Name the tensor before it: {nameof(OnnxNetworkOptions)}.{nameof(OnnxNetworkOptions.OutputName)} = \"{node.Inputs.FirstOrDefault()}\".");
        }

        return output;
    }

    /// <summary>
    /// Of a single column the last node tells, its values cannot: a sigmoid's are probabilities, those of a product or a sum with a
    /// constant or a product logits. Several columns are left to their values.
    /// </summary>
    public static OutputKind Kind(Graph graph, ValueInfoProto output)
    {
        int last = LastNode.IndexOf(graph, output.Name);
        if (last < 0 || !IsSingle(output.Type?.TensorType?.Shape)) return OutputKind.Auto;
        return graph.Nodes[last] switch
        {
            { Domain: "", Operator: "Sigmoid" } => OutputKind.Probabilities,
            { Domain: "", Operator: "Add" } sum when sum.Inputs.Any(name => graph.Constants.ContainsKey(name) || IsProduct(Writer(graph, name))) => OutputKind.Logits,
            var node when IsProduct(node) => OutputKind.Logits,
            _ => OutputKind.Auto,
        };
    }

    private static ValueInfoProto Named(Graph graph, string name)
    {
        if (graph.Outputs.FirstOrDefault(output => output.Name == name) is { } output) return output;
        if (graph.Nodes.Any(node => node.Outputs.Contains(name)) && name.Length > 0) return new ValueInfoProto { Name = name };
        throw new ArgumentException($"The network has no output '{name}'. It has: {string.Join(", ", graph.Outputs.Select(output => $"'{output.Name}'"))}.", nameof(name));
    }

    /// <summary>Some classifiers give the class's number or a feature map first, then the values that the class was chosen by.</summary>
    private static ValueInfoProto Preferred(IReadOnlyList<ValueInfoProto> outputs)
    {
        var floats = outputs.Where(FeatureFlow.IsFloat).ToArray();
        var first = floats.FirstOrDefault() ?? outputs[0];
        return IsMap(first.Type?.TensorType?.Shape) ? floats.FirstOrDefault(output => output.Type.TensorType.Shape is { Dim.Count: 2 }) ?? first : first;
    }

    private static GraphNode? Writer(Graph graph, string name) => graph.Nodes.FirstOrDefault(node => node.Outputs.Contains(name));

    private static bool IsProduct(GraphNode? node) => node is { Domain: "", Operator: "Gemm" or "MatMul" or "Conv" };

    private static bool IsMap(TensorShapeProto? shape) => shape is { Dim.Count: > 2 } && shape.Dim.Skip(2).Any(dimension => dimension.DimValue != 1);

    /// <summary>Whether a shape, batch first, declares one number for each row.</summary>
    private static bool IsSingle(TensorShapeProto? shape)
        => shape is { Dim.Count: > 1 } && shape.Dim.Skip(1).All(dimension => dimension.DimValue == 1);
}

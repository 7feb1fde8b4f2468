using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>
/// Takes out what changes only the scale of an output, so that probabilities are between 0 and 1 whatever the file gives (percent,
/// uint8), and logits are not rounded to integers.
/// </summary>
internal static class ScaleRemoval
{
    /// <summary>Takes out every product with a number, quantiser and cast to integers between the last node and the output.</summary>
    public static void Run(Graph graph, LastNode last)
    {
        foreach (int index in last.Behind.Where(index => OperatorTraits.IsQuantizer(graph.Nodes[index]) || Rescales(graph.Nodes[index]))) Remove(graph, index);
    }

    /// <summary>Takes out the quantiser behind which no other follows: the output is the numbers before it.</summary>
    public static void RemoveLastQuantizer(Graph graph, LastNode last)
    {
        if (LastQuantizer(graph, last) is var index and >= 0) Remove(graph, index);
    }

    /// <summary>Whether the output is the integers of a quantiser.</summary>
    public static bool EndsQuantized(Graph graph, LastNode last) => LastQuantizer(graph, last) >= 0;

    /// <summary>Whether the output has another scale than the last node. Quantised and dequantised again it has the same one.</summary>
    public static bool IsScaled(Graph graph, LastNode last)
        => EndsQuantized(graph, last) || last.Behind.Any(index => Rescales(graph.Nodes[index]));

    /// <summary>An identity in place of a node.</summary>
    public static GraphNode PassThrough(GraphNode node, string input) => node with
    {
        Proto = new Schema.NodeProto { OpType = "Identity", Name = node.Proto.Name, Input = { input }, Output = { node.Outputs } },
        Inputs = [input],
        Compute = call => [call.Value(0)!],
    };

    /// <summary>The quantiser whose integers are the output; -1 where there is none.</summary>
    private static int LastQuantizer(Graph graph, LastNode last)
    {
        int index = last.Behind.FirstOrDefault(index => OperatorTraits.IsQuantizer(graph.Nodes[index]), -1);
        return index >= 0 && graph.Nodes[index].Operator == "QuantizeLinear" ? index : -1;
    }

    private static void Remove(Graph graph, int index)
        => graph.Nodes[index] = PassThrough(graph.Nodes[index], LastNode.Passed(graph, graph.Nodes[index])!);

    private static bool Rescales(GraphNode node)
    {
        if (node.Operator != "Cast") return node.Operator is "Mul" or "Div";
        var type = (DataType)(node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "to")?.I ?? 0);
        return ElementTypes.Storage(type) is { } storage && !torch.is_floating_point(storage);
    }
}

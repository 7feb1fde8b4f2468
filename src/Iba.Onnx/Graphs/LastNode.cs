using TorchSharp;

namespace Iba.Onnx;

/// <summary>The node that decides what an output is: the last one that does more than change shape, type or scale.</summary>
/// <param name="Index">Its index among the graph's nodes; -1 where the output is an input or a constant.</param>
/// <param name="Output">The tensor that it writes, or the input or constant.</param>
/// <param name="Behind">The nodes from there to the output, the last one first: reshapes, casts, quantisers and products with a positive number.</param>
internal sealed record LastNode(int Index, string Output, IReadOnlyList<int> Behind)
{
    private static readonly HashSet<string> Reshapes = ["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast"];

    /// <param name="graph">The graph, its nodes in order.</param>
    /// <param name="output">The name of a tensor.</param>
    public static LastNode Of(Graph graph, string output)
    {
        var behind = new List<int>();
        for (int i = graph.Nodes.Count - 1; i >= 0; i--)
        {
            var node = graph.Nodes[i];
            if (!node.Outputs.Contains(output)) continue;
            if (Passed(graph, node) is not { } input) return new LastNode(i, output, behind);
            behind.Add(i);
            output = input;
        }

        return new LastNode(-1, output, behind);
    }

    /// <summary>The node; null where the output is an input or a constant.</summary>
    public GraphNode? In(Graph graph) => Index < 0 ? null : graph.Nodes[Index];

    /// <summary>The input whose values a node hands on, in another shape, type or scale; null where it does more.</summary>
    public static string? Passed(Graph graph, GraphNode node)
    {
        if (node.Inputs.Length == 0) return null;
        if (OperatorTraits.IsQuantizer(node) || (node.Domain.Length == 0 && Reshapes.Contains(node.Operator))) return node.Inputs[0];
        return (node.Domain, node.Operator) switch
        {
            ("", "Mul" or "Div") when node.Inputs.Length == 2 && IsPositiveNumber(graph, node.Inputs[1]) => node.Inputs[0],
            ("", "Mul") when node.Inputs.Length == 2 && IsPositiveNumber(graph, node.Inputs[0]) => node.Inputs[1],
            _ => null,
        };
    }

    private static bool IsPositiveNumber(Graph graph, string name)
    {
        if (!graph.Constants.TryGetValue(name, out var value) || value.Tensor.numel() != 1) return false;
        using var scope = torch.NewDisposeScope();
        double number = value.Tensor.to(torch.float64).item<double>();
        return number > 0 && double.IsFinite(number);
    }
}

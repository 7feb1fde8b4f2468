namespace Iba.Onnx;

/// <summary>Finds the node that decides what an output is: the last one that does more than change shape or type.</summary>
internal static class LastNode
{
    private static readonly HashSet<string> Reshapes = ["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast"];

    /// <summary>Its index among the graph's nodes; -1 where the output is an input or a constant.</summary>
    public static int IndexOf(Graph graph, string output)
    {
        for (int i = graph.Nodes.Count - 1; i >= 0; i--)
        {
            var node = graph.Nodes[i];
            if (!node.Outputs.Contains(output)) continue;
            if (node.Domain.Length > 0 || node.Inputs.Length == 0 || !Reshapes.Contains(node.Operator)) return i;
            output = node.Inputs[0];
        }

        return -1;
    }
}

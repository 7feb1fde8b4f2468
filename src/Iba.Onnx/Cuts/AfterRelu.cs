namespace Iba.Onnx;

/// <summary>Tells which tensors come out of a ReLU (or one with an upper bound), as they are or with their elements moved about.</summary>
internal static class AfterRelu
{
    private static readonly HashSet<string> Moves =
        ["MaxPool", "GlobalMaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "DepthToSpace", "SpaceToDepth", "Identity", "Dropout"];

    /// <summary>The names among the nodes' outputs.</summary>
    public static HashSet<string> Trace(Graph graph)
    {
        var names = new HashSet<string>();
        foreach (var node in graph.Nodes.Where(node => node.Domain.Length == 0 && node.Outputs.Length > 0))
        {
            if (Rectifiers.Contains(node, graph.Constants)
                || (Moves.Contains(node.Operator) && node.Inputs.Length > 0 && names.Contains(node.Inputs[0])))
            {
                names.Add(node.Outputs[0]);
            }
        }

        return names;
    }
}

using TorchSharp;

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
            if (node.Operator == "Relu" || (node.Operator == "Clip" && ClipsAtZero(graph, node))
                || (Moves.Contains(node.Operator) && node.Inputs.Length > 0 && names.Contains(node.Inputs[0])))
            {
                names.Add(node.Outputs[0]);
            }
        }

        return names;
    }

    private static bool ClipsAtZero(Graph graph, GraphNode node)
    {
        if (node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "min") is { } minimum) return minimum.F == 0;
        using var scope = torch.NewDisposeScope();
        return node.Inputs.Length > 1 && graph.Constants.TryGetValue(node.Inputs[1], out var bound)
            && bound.Tensor.numel() == 1 && bound.Tensor.to(torch.float64).item<double>() == 0;
    }
}

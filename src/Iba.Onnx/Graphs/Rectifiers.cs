using TorchSharp;

namespace Iba.Onnx;

/// <summary>Tells which nodes are rectifiers: max(x, 0), with or without an upper limit.</summary>
internal static class Rectifiers
{
    /// <summary>Whether a node is one of ONNX's own.</summary>
    /// <param name="node">Any node.</param>
    /// <param name="constants">The constants that it may read.</param>
    public static bool Contains(GraphNode node, IReadOnlyDictionary<string, TensorValue> constants)
        => node.Domain.Length == 0 && (node.Operator == "Relu" || (node.Operator == "Clip" && ClipsAtZero(node, constants)));

    /// <summary>Whether a node ends with one, which ONNX Runtime fused into it.</summary>
    public static bool EndsIn(GraphNode node)
        => node.Domain == "com.microsoft" && node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "activation")?.S.ToStringUtf8() switch
        {
            "Relu" => true,
            "Clip" => Limit(node) == 0,
            _ => false,
        };

    private static float? Limit(GraphNode node)
        => node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "activation_params")?.Floats.FirstOrDefault(float.NaN)
            ?? node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "activation_alpha")?.F;

    private static bool ClipsAtZero(GraphNode node, IReadOnlyDictionary<string, TensorValue> constants)
    {
        if (node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "min") is { } minimum) return minimum.F == 0;
        using var scope = torch.NewDisposeScope();
        return node.Inputs.Length > 1 && constants.TryGetValue(node.Inputs[1], out var bound)
            && bound.Tensor.numel() == 1 && bound.Tensor.to(torch.float64).item<double>() == 0;
    }
}

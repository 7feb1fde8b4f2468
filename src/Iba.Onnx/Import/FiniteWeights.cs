using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// Refuses weights that are NaN or infinite: every result would be NaN. Constants that are added, compared or chosen from may be infinite, as
/// the masks of attention are; so only what is multiplied is looked at (convolutions, products, recurrences, normalisations).
/// </summary>
internal static class FiniteWeights
{
    /// <exception cref="OnnxFormatException">A weight is not finite; the message names it and its node.</exception>
    public static void Check(Graph graph)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var known = new HashSet<string>();
        foreach (var node in graph.Nodes.Where(IsProduct))
        {
            foreach (string name in node.Inputs.Where(known.Add))
            {
                if (!graph.Constants.TryGetValue(name, out var value) || !value.Tensor.is_floating_point() || value.Tensor.numel() == 0) continue;
                // A sum tells in one pass and without memory of its own; only where it is not finite each value is looked at, as sums overflow.
                if (float.IsFinite(value.Tensor.sum().to(torch.float32).item<float>()) || value.Tensor.isfinite().all().item<bool>()) continue;
                string found = value.Tensor.isnan().any().item<bool>() ? "NaN" : "infinity";
                throw new OnnxFormatException(
                    $"The weight '{name}' of node {node.Label} holds {found}, so that nothing can be computed with it: the file is damaged, or its training failed.");
            }
        }
    }

    private static bool IsProduct(GraphNode node) => node is { Domain: "", Operator: "BatchNormalization" } || WeightParts.Weighs(node.Operator);
}

using Iba.Onnx.Operators;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>
/// Lays weight matrices <c>[inputs, outputs]</c> out with the outputs first, as <see cref="ConvolvedProduct"/> wants them. Values and
/// shapes do not change.
/// </summary>
internal static class OutputsFirst
{
    /// <param name="graph">The graph.</param>
    /// <param name="file">The file that the graph came from; the weights that it keeps are the same tensors.</param>
    public static void Run(Graph graph, ModelFile file)
    {
        var matrices = graph.Nodes.Where(IsProduct).Select(node => node.Inputs[1]).CountBy(name => name);
        var reads = graph.Nodes.SelectMany(node => node.Reads()).CountBy(name => name).ToDictionary();
        foreach (var (name, count) in matrices)
        {
            if (reads[name] != count || !graph.Constants.TryGetValue(name, out var value)) continue;
            if (!ConvolvedProduct.MayPay(value.Tensor) || !value.Tensor.is_contiguous()) continue;
            using var scope = NewDisposeScope();
            var relaid = value with { Tensor = value.Tensor.t().contiguous().t().DetachFromDisposeScope() };
            graph.Constants[name] = relaid;
            if (file.Weights.TryGetValue(name, out var kept) && ReferenceEquals(kept.Tensor, value.Tensor)) file.Weights[name] = relaid;
            value.Tensor.Dispose();
        }
    }

    private static bool IsProduct(GraphNode node)
        => node is { Domain: "", Inputs.Length: >= 2 }
            && (node.Operator == "MatMul" || (node.Operator == "Gemm" && !node.Proto.Attribute.Any(attribute => attribute.Name == "transB" && attribute.I != 0)));
}

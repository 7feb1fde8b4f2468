using TorchSharp;

namespace Iba.Onnx;

/// <summary>The nodes of a graph that hold weights: constant floating point tensors that training has set.</summary>
internal static class WeightParts
{
    private static readonly HashSet<string> Weighted =
    [
        "Conv", "ConvTranspose", "FusedConv", "DeformConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul", "FusedMatMulActivation", "TransposeMatMul",
        "Einsum", "GRU", "LSTM", "RNN", "PRelu", "BiasAdd", "BiasGelu", "BiasSplitGelu", "FastGelu", "GroupNorm", "GroupNormalization",
        "InstanceNormalization", "LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization", "SkipLayerNormalization",
        "SkipSimplifiedLayerNormalization", "EmbedLayerNormalization",
    ];

    /// <summary>Whether what an operator of a name reads as constants are weights, all of them.</summary>
    public static bool Weighs(string operation) => Weighted.Contains(operation);

    /// <summary>The parts, in the order of computation, each named as the tensor that its node writes.</summary>
    public static IEnumerable<(string Name, IReadOnlyList<torch.Tensor> Weights)> Of(Graph graph)
    {
        foreach (var node in graph.Nodes)
        {
            var weights = WeightsOf(node, [graph]);
            if (weights.Length > 0) yield return (Array.Find(node.Outputs, name => name.Length > 0)!, weights);
        }
    }

    /// <param name="node">The node. Those of graphs inside it (loops, branches) are parts of it.</param>
    /// <param name="graphs">The graphs around it, the innermost first.</param>
    private static torch.Tensor[] WeightsOf(GraphNode node, Graph[] graphs)
    {
        var own = node.Inputs.Select((name, i) => (Tensor: Constant(name), Index: i))
            .Where(read => read.Tensor is { } tensor && tensor.is_floating_point() && tensor.numel() > 0 && IsWeight(node, read.Index, tensor))
            .Select(read => read.Tensor!);
        var inner = node.Subgraphs.Values.SelectMany(body => body.Nodes.SelectMany(part => WeightsOf(part, [body, .. graphs])));
        return own.Concat(inner).Distinct<torch.Tensor>(ReferenceEqualityComparer.Instance).ToArray();

        torch.Tensor? Constant(string name) => Array.Find(graphs, graph => graph.Constants.ContainsKey(name))?.Constants[name].Tensor;
    }

    private static bool IsWeight(GraphNode node, int index, torch.Tensor tensor) => node.Operator switch
    {
        // Mean and variance are statistics: noise would make variances negative.
        "BatchNormalization" => index is 1 or 2,
        "Attention" => node.Domain.Length > 0 && index is (1 or 2),
        // Embeddings.
        "Gather" => index == 0 && tensor.dim() == 2,
        // Biases and scales along the last dimension; scalars, masks and grids are none.
        "Add" or "Mul" => tensor.dim() == 1 && tensor.numel() > 1,
        var name => Weighs(name),
    };
}

using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>
/// Lays weights out in the order in which libtorch's CPU kernels are fastest. Values and shapes do not change.
/// <list type="bullet">
/// <item>Those of two-dimensional float32 convolutions with the channels last. A convolution's output takes the layout of its weights,
/// and the operators after it keep it, so that the features at a cut, and the noisy copies made of them, have it too.</item>
/// <item>Matrices <c>[inputs, outputs]</c> with the outputs first, as <see cref="ConvolvedProduct"/> wants them.</item>
/// </list>
/// </summary>
internal static class WeightLayout
{
    private static readonly long[] ChannelsLast = [0, 2, 3, 1];
    private static readonly long[] OutputsFirst = [1, 0];

    /// <param name="graph">The graph.</param>
    /// <param name="file">The file that the graph came from; the weights that it keeps are the same tensors.</param>
    public static void Run(Graph graph, ModelFile file)
    {
        var weights = graph.Nodes.Where(node => node is { Domain: "", Inputs.Length: >= 2 } && (node.Operator == "Conv" || IsProduct(node)))
            .GroupBy(node => node.Inputs[1]);
        var reads = graph.Nodes.SelectMany(node => node.Reads()).CountBy(name => name).ToDictionary();
        foreach (var readers in weights)
        {
            string name = readers.Key;
            if (reads[name] != readers.Count() || !graph.Constants.TryGetValue(name, out var value)) continue;
            if (Order(readers.First(), value.Tensor) is not { } order) continue;
            using var scope = NewDisposeScope();
            var ordered = value.Tensor.permute(order);
            if (!value.Tensor.is_contiguous() || ordered.is_contiguous()) continue;

            // Into the weight's own memory: a new one would leave a hole of its size in the heap.
            var memory = value.Tensor.view(ordered.shape).copy_(ordered.contiguous());
            var relaid = value with { Tensor = memory.permute(Inverse(order)).DetachFromDisposeScope() };
            graph.Constants[name] = relaid;
            if (file.Weights.TryGetValue(name, out var kept) && ReferenceEquals(kept.Tensor, value.Tensor)) file.Weights[name] = relaid;
            value.Tensor.Dispose();
        }
    }

    private static bool IsProduct(GraphNode node)
        => node.Operator == "MatMul"
            || (node.Operator == "Gemm" && !node.Proto.Attribute.Any(attribute => attribute.Name == "transB" && attribute.I != 0));

    /// <summary>The dimensions in the order wanted in memory; null where any is as good.</summary>
    private static long[]? Order(GraphNode reader, Tensor weight)
    {
        if (reader.Operator == "Conv") return weight.dim() == 4 && weight.dtype == ScalarType.Float32 ? ChannelsLast : null;
        return ConvolvedProduct.MayPay(weight) ? OutputsFirst : null;
    }

    private static long[] Inverse(long[] order) => Enumerable.Range(0, order.Length).Select(dimension => (long)Array.IndexOf(order, dimension)).ToArray();
}

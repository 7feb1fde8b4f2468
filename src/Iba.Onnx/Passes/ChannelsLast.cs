using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>
/// Lays the weights of two-dimensional float32 convolutions out with the channels last, the layout in which libtorch's CPU kernels are
/// fastest. A convolution's output takes the layout of its weights, and the operators after it keep it, so that the features at a cut,
/// and the noisy copies made of them, have it too. Values do not change.
/// </summary>
internal static class ChannelsLast
{
    /// <param name="graph">The graph.</param>
    /// <param name="file">The file that the graph came from; the weights that it keeps are the same tensors.</param>
    public static void Run(Graph graph, ModelFile file)
    {
        var kernels = graph.Nodes.Where(node => node is { Operator: "Conv", Domain: "", Inputs.Length: >= 2 }).Select(node => node.Inputs[1]).CountBy(name => name);
        var reads = graph.Nodes.SelectMany(node => node.Reads()).CountBy(name => name).ToDictionary();
        foreach (var (name, count) in kernels)
        {
            if (reads[name] != count || !graph.Constants.TryGetValue(name, out var value)) continue;
            if (value.Tensor.dim() != 4 || value.Tensor.dtype != ScalarType.Float32) continue;
            using var scope = NewDisposeScope();
            var channelsLast = value.Tensor.permute(0, 2, 3, 1);
            if (channelsLast.is_contiguous()) continue;

            // Into the weight's own memory: a new one would leave a hole of its size in the heap.
            var memory = value.Tensor.view(channelsLast.shape).copy_(channelsLast.contiguous());
            var relaid = value with { Tensor = memory.permute(0, 3, 1, 2).DetachFromDisposeScope() };
            graph.Constants[name] = relaid;
            if (file.Weights.TryGetValue(name, out var kept) && ReferenceEquals(kept.Tensor, value.Tensor)) file.Weights[name] = relaid;
            value.Tensor.Dispose();
        }
    }
}

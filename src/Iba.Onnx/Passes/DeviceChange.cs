using TorchSharp;

namespace Iba.Onnx;

/// <summary>Moves a graph's weights between devices.</summary>
internal static class DeviceChange
{
    /// <param name="graph">The graph, with the graphs inside it. Integer constants are shapes, axes and indices: they stay on the CPU.</param>
    /// <param name="device">The device.</param>
    /// <param name="keep">Tensors that belong to somebody else and are not disposed.</param>
    public static void Run(Graph graph, torch.Device device, IReadOnlySet<torch.Tensor> keep)
    {
        foreach (var (name, value) in graph.Constants.ToArray())
        {
            if (!value.Tensor.is_floating_point() || value.Tensor.device.Equals(device)) continue;
            graph.Constants[name] = value with { Tensor = value.Tensor.to(device).DetachFromDisposeScope() };
            if (!keep.Contains(value.Tensor)) value.Tensor.Dispose();
        }

        foreach (var inner in graph.Nodes.SelectMany(node => node.Subgraphs.Values)) Run(inner, device, keep);
    }
}

using Google.Protobuf;
using Iba.Torch;

namespace Iba.Onnx;

/// <summary>A hash of the part of a graph before a tensor: its nodes and the constants that they read.</summary>
internal static class GraphFingerprint
{
    /// <param name="graph">The graph.</param>
    /// <param name="layer">The layer's name, as the user wrote it.</param>
    /// <param name="tensor">The tensor's name in the graph.</param>
    public static string Of(Graph graph, string layer, string tensor)
    {
        using var fingerprint = new WeightFingerprint();
        fingerprint.Add(layer);
        var nodes = GraphSlice.Between(graph, graph.Inputs.Select(input => input.Name), [tensor]);
        foreach (var node in nodes)
        {
            // With its attributes and the graphs inside it.
            fingerprint.Add(node.Proto.ToByteArray());
            fingerprint.Add($"{node.Domain} {node.Opset}");
        }

        foreach (string name in nodes.SelectMany(node => node.Reads()).Distinct())
        {
            if (graph.Constants.TryGetValue(name, out var constant)) fingerprint.Add(name, constant.Tensor);
        }

        return fingerprint.ToHex();
    }
}

namespace Iba.Onnx;

/// <summary>
/// Finds the softmax at the end of a classifier. Without it the output is logits, which the loss needs. What only rescales the
/// probabilities (percent, or quantised to uint8) goes with it.
/// </summary>
internal static class SoftmaxRemoval
{
    /// <summary>Takes the softmax out, where the output is one (or one with its shape, type or scale changed).</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Run(Graph graph, LastNode last)
    {
        if (last.In(graph) is not { Inputs.Length: > 0 } node || !IsOverClasses(node)) return false;
        graph.Nodes[last.Index] = ScaleRemoval.PassThrough(node, node.Inputs[0]);
        ScaleRemoval.Run(graph, last);
        return true;
    }

    /// <summary>Whether a node is a softmax over the classes, which lie on axis 1, or on the last.</summary>
    public static bool IsOverClasses(GraphNode node)
    {
        if (node is not { Domain: "", Operator: "Softmax" or "LogSoftmax" }) return false;
        long axis = node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "axis")?.I ?? (node.Opset < 13 ? 1 : -1);
        return axis is 1 or -1;
    }
}

namespace Iba.Onnx;

/// <summary>Finds the softmax at the end of a classifier. Without it the output is logits, which the loss needs.</summary>
internal static class SoftmaxRemoval
{
    /// <summary>Takes the softmax out, where the output is one (or one with its shape changed).</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Run(Graph graph, string output)
    {
        int index = LastNode.IndexOf(graph, output);
        if (index < 0 || graph.Nodes[index] is not { Domain: "", Operator: "Softmax" or "LogSoftmax", Inputs.Length: > 0 } node || !IsOverClasses(node)) return false;
        graph.Nodes[index] = PassThrough(node);
        return true;
    }

    /// <summary>A classifier's classes lie on axis 1, or on the last.</summary>
    private static bool IsOverClasses(GraphNode node)
    {
        long axis = node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "axis")?.I ?? (node.Opset < 13 ? 1 : -1);
        return axis is 1 or -1;
    }

    private static GraphNode PassThrough(GraphNode softmax) => softmax with
    {
        Proto = new Schema.NodeProto { OpType = "Identity", Name = softmax.Proto.Name, Input = { softmax.Inputs[0] }, Output = { softmax.Outputs } },
        Compute = call => [call.Value(0)!],
    };
}

namespace Iba.Onnx;

/// <summary>Finds the softmax at the end of a classifier. Without it the output is logits, which the loss needs.</summary>
internal static class SoftmaxRemoval
{
    private static readonly HashSet<string> Reshapes = ["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast"];

    /// <summary>Takes the softmax out, where the output is one (or one with its shape changed).</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Run(Graph graph, string output)
    {
        var writers = new Dictionary<string, int>();
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            foreach (string name in graph.Nodes[i].Outputs) writers[name] = i;
        }

        while (writers.TryGetValue(output, out int index))
        {
            var node = graph.Nodes[index];
            if (node.Domain.Length > 0 || node.Inputs.Length == 0) return false;
            if (node.Operator is "Softmax" or "LogSoftmax" && IsOverClasses(node))
            {
                graph.Nodes[index] = PassThrough(node);
                return true;
            }

            if (!Reshapes.Contains(node.Operator)) return false;
            output = node.Inputs[0];
        }

        return false;
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

namespace Iba.Onnx;

/// <summary>Removes Identity and Dropout nodes: whoever read their output reads their input.</summary>
internal static class IdentityRemoval
{
    /// <returns>The removed names, with the name that stands for each.</returns>
    public static Dictionary<string, string> Run(Graph graph)
    {
        var aliases = new Dictionary<string, string>();
        var readInside = graph.Nodes.SelectMany(node => node.Subgraphs.Values.SelectMany(inner => inner.Captures())).ToHashSet();
        var used = graph.Nodes.SelectMany(node => node.Inputs).Concat(graph.Outputs.Select(output => output.Name)).ToHashSet();
        var kept = new List<GraphNode>(graph.Nodes.Count);
        foreach (var node in graph.Nodes)
        {
            for (int i = 0; i < node.Inputs.Length; i++) node.Inputs[i] = aliases.GetValueOrDefault(node.Inputs[i], node.Inputs[i]);
            if (IsIdentity(node)) aliases.Add(node.Outputs[0], node.Inputs[0]);
            else kept.Add(node);
        }

        graph.Nodes = kept;
        return aliases;

        // Inner graphs know the outer names as they are written: those stay.
        bool IsIdentity(GraphNode node)
            => node.Domain.Length == 0
                && (node.Operator == "Identity" || (node.Operator == "Dropout" && IsInference(node)))
                && node.Inputs.Length > 0 && node.Inputs[0].Length > 0 && node.Outputs[0].Length > 0
                && !readInside.Contains(node.Outputs[0])
                && node.Outputs.Skip(1).All(name => name.Length == 0 || !used.Contains(name));

        bool IsInference(GraphNode node)
            => node.Inputs.Length < 3 || node.Inputs[2].Length == 0
                || (graph.Constants.TryGetValue(node.Inputs[2], out var training) && training.Tensor.numel() == 1 && !training.Tensor.any().item<bool>());
    }
}

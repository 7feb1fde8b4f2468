using Iba.Torch;

namespace Iba.Onnx;

/// <summary>
/// Guided backpropagation: behind each rectifier comes a node that hands its values on, and of their gradient only what is above 0 back.
/// </summary>
internal static class GuidedRectifiers
{
    /// <summary>Some nodes of a graph with these nodes among them.</summary>
    public static List<GraphNode> Run(Graph graph, IEnumerable<GraphNode> nodes)
        => nodes.SelectMany(node => IsRectifier(graph, node) ? Guide(node) : [node]).ToList();

    /// <summary>Why some nodes cannot be guided, as a clause; null: they can.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="nodes">The nodes behind a cut.</param>
    /// <param name="layer">The name of the cut.</param>
    public static string? Objection(Graph graph, IReadOnlyList<GraphNode> nodes, string layer)
    {
        var inner = nodes.SelectMany(node => node.Subgraphs.Values, (node, body) => (Node: node, Body: body));
        if (inner.FirstOrDefault(pair => pair.Body.AllNodes().Any(node => IsRectifier(pair.Body, node))) is { Node: { } around })
        {
            return $"node {around.Label} has rectifiers inside, which are not reached";
        }

        return nodes.Any(node => IsRectifier(graph, node)) ? null : $"the network has no rectifiers (Relu, or Clip at 0) behind '{layer}', by which gradients are guided";
    }

    private static bool IsRectifier(Graph graph, GraphNode node) => Rectifiers.Contains(node, graph.Constants) || Rectifiers.EndsIn(node);

    private static GraphNode[] Guide(GraphNode rectifier)
    {
        string name = rectifier.Outputs[0], inner = $"{name}#rectified";
        var proto = rectifier.Proto.Clone();
        proto.OpType = "GuidedGradient";
        return
        [
            rectifier with { Outputs = [inner, .. rectifier.Outputs[1..]] },
            new GraphNode(proto, rectifier.Opset, [inner], [name], call => [RectifiedGradient.Of(call[0])], rectifier.Subgraphs),
        ];
    }
}

namespace Iba.Onnx;

/// <summary>The part of a graph between some tensors and others.</summary>
internal static class GraphSlice
{
    /// <summary>
    /// The nodes that compute <paramref name="outputs"/> once the values of <paramref name="given"/> are known, in their order. A node
    /// that is needed for another output only does not write the given one again.
    /// </summary>
    public static List<GraphNode> Between(Graph graph, IEnumerable<string> given, IEnumerable<string> outputs)
        => Between(graph.Nodes, given, outputs);

    /// <summary>The same within some nodes of a graph, which are in order.</summary>
    public static List<GraphNode> Between(IReadOnlyList<GraphNode> all, IEnumerable<string> given, IEnumerable<string> outputs)
    {
        var known = given.ToHashSet();
        var wanted = outputs.Where(name => !known.Contains(name)).ToHashSet();
        var nodes = new List<GraphNode>();
        for (int i = all.Count - 1; i >= 0; i--)
        {
            var node = all[i];
            if (!node.Outputs.Any(wanted.Contains)) continue;
            nodes.Add(node.Outputs.Any(known.Contains) ? node with { Outputs = Array.ConvertAll(node.Outputs, name => known.Contains(name) ? "" : name) } : node);
            foreach (string name in node.Reads())
            {
                if (!known.Contains(name)) wanted.Add(name);
            }
        }

        nodes.Reverse();
        return nodes;
    }

    /// <summary>The names that some nodes read and none of them writes.</summary>
    public static HashSet<string> Needs(IEnumerable<GraphNode> nodes)
    {
        var needs = new HashSet<string>();
        var written = new HashSet<string>();
        foreach (var node in nodes)
        {
            foreach (string name in node.Reads())
            {
                if (!written.Contains(name)) needs.Add(name);
            }

            written.UnionWith(node.Outputs);
        }

        return needs;
    }
}

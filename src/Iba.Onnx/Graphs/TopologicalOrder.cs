namespace Iba.Onnx;

/// <summary>Puts a graph's nodes into an order in which each comes after those whose outputs it reads.</summary>
internal static class TopologicalOrder
{
    /// <summary>The nodes in order; those that are in order already stay as they are.</summary>
    /// <exception cref="OnnxFormatException">Two nodes write the same name, or the graph has a cycle.</exception>
    public static List<GraphNode> Sort(Graph graph)
    {
        var writer = Writers(graph);
        int[] waitingFor = new int[graph.Nodes.Count];
        var readers = new List<int>?[graph.Nodes.Count];
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            foreach (string name in graph.Nodes[i].Reads())
            {
                if (!writer.TryGetValue(name, out int source)) continue;
                (readers[source] ??= []).Add(i);
                waitingFor[i]++;
            }
        }

        var ready = new PriorityQueue<int, int>();
        for (int i = 0; i < waitingFor.Length; i++)
        {
            if (waitingFor[i] == 0) ready.Enqueue(i, i);
        }

        var sorted = new List<GraphNode>(graph.Nodes.Count);
        while (ready.TryDequeue(out int next, out _))
        {
            sorted.Add(graph.Nodes[next]);
            foreach (int reader in readers[next] ?? [])
            {
                if (--waitingFor[reader] == 0) ready.Enqueue(reader, reader);
            }
        }

        if (sorted.Count == graph.Nodes.Count) return sorted;
        int stuck = Array.FindIndex(waitingFor, count => count > 0);
        throw new OnnxFormatException($"The graph has a cycle: node {graph.Nodes[stuck].Label} needs its own output.");
    }

    private static Dictionary<string, int> Writers(Graph graph)
    {
        var given = graph.Inputs.Select(input => input.Name).ToHashSet();
        var writer = new Dictionary<string, int>();
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            foreach (string name in graph.Nodes[i].Outputs.Where(name => name.Length > 0))
            {
                if (given.Contains(name) || graph.Constants.ContainsKey(name) || !writer.TryAdd(name, i))
                {
                    throw new OnnxFormatException($"Node {graph.Nodes[i].Label} writes '{name}', which has a value already.");
                }
            }
        }

        return writer;
    }
}

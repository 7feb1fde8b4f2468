namespace Iba.Onnx;

/// <summary>
/// Finds the tensors that all features of an input pass through. One sweep over the nodes, in time linear in their number: after each node
/// the tensors that are computed and still to be read are open, and where only one is open, it is a cut.
/// </summary>
internal sealed class CutFinder
{
    private readonly FeatureFlow _flow;
    private readonly Dictionary<string, int> _written = [];
    private readonly Dictionary<string, int> _lastRead = [];

    /// <param name="flow">The features' way.</param>
    /// <param name="output">The classifier's output.</param>
    public CutFinder(FeatureFlow flow, string output)
    {
        _flow = flow;
        _written[flow.Input] = -1;
        for (int i = 0; i < flow.Nodes.Count; i++)
        {
            foreach (string name in flow.FeaturesInto(flow.Nodes[i])) _lastRead[name] = i;
            foreach (string name in flow.Nodes[i].Outputs.Where(flow.Carriers.Contains)) _written[name] = i;
        }

        _lastRead[output] = flow.Nodes.Count;
        Cuts = Sweep();
    }

    /// <summary>The cuts, in the order of computation: name and index of the node that writes it (-1 for the input).</summary>
    public IReadOnlyList<(string Name, int Node)> Cuts { get; }

    /// <summary>Whether features pass through a tensor at all.</summary>
    public bool Carries(string name) => _written.ContainsKey(name) && _lastRead.ContainsKey(name);

    /// <summary>The other tensors that carry features past a tensor.</summary>
    public IReadOnlyList<string> Crossing(string name)
    {
        int position = _written[name];
        return _lastRead.Where(read => read.Key != name && read.Value > position && _written[read.Key] <= position)
            .Select(read => read.Key).OrderBy(other => _written[other]).ToArray();
    }

    private List<(string Name, int Node)> Sweep()
    {
        var cuts = new List<(string Name, int Node)>();
        var open = new HashSet<string>();
        var closing = _lastRead.Where(read => _written.ContainsKey(read.Key)).ToLookup(read => read.Value, read => read.Key);
        var opening = _written.Where(write => _lastRead.ContainsKey(write.Key)).ToLookup(write => write.Value, write => write.Key);
        for (int i = -1; i < _flow.Nodes.Count; i++)
        {
            open.ExceptWith(closing[i]);
            open.UnionWith(opening[i]);
            // Only what this node wrote: an older tensor that is alone now was a cut when it was written, or others ran past it then.
            if (open.Count == 1 && opening[i].Any()) cuts.Add((open.Single(), i));
        }

        return cuts;
    }
}

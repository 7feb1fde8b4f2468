namespace Iba.Onnx;

/// <summary>What the nodes behind a cut read beside the features.</summary>
/// <param name="Masks">Tensors computed once for each batch from <paramref name="Inputs"/>: masks, other inputs' features.</param>
/// <param name="Inputs">The network's inputs that are needed, for their values or their shapes only.</param>
/// <param name="ByValue">Those of the inputs whose values are needed.</param>
internal sealed record TailPlan(IReadOnlyList<string> Masks, IReadOnlyList<string> Inputs, IReadOnlySet<string> ByValue)
{
    /// <param name="graph">The graph.</param>
    /// <param name="cut">The tensor at which it is cut.</param>
    /// <param name="output">The output.</param>
    /// <param name="rowsApart">Whether rows may be run apart: then what is computed beside the features is left inside the tail.</param>
    public static TailPlan Make(Graph graph, string cut, string output, bool rowsApart)
    {
        string[] given = graph.Inputs.Select(input => input.Name).Where(name => name != cut).ToArray();
        var tail = GraphSlice.Between(graph, [.. given, cut], [output]);
        var behind = new HashSet<string> { cut };
        foreach (var node in tail.Where(node => node.Reads().Any(behind.Contains))) behind.UnionWith(node.Outputs.Where(name => name.Length > 0));
        var beside = tail.Where(node => !node.Outputs.Any(behind.Contains)).ToList();
        var written = beside.SelectMany(node => node.Outputs).ToHashSet();
        var crossing = tail.Where(node => node.Outputs.Any(behind.Contains)).SelectMany(node => node.Reads()).Where(written.Contains).Distinct();
        var fixedByShape = ShapeFlow.Trace(beside, given);
        string[] masks = crossing.Where(name => !fixedByShape.Contains(name)).ToArray();

        var needed = Needed(tail);
        var byValue = Needed(GraphSlice.Between(beside, given, masks));
        byValue.UnionWith(Needed(tail.Where(node => node.Outputs.Any(behind.Contains) && !OperatorTraits.ReadsShapesOnly(node))));
        return new TailPlan(rowsApart ? [] : masks, given.Where(needed.Contains).ToArray(), byValue);

        HashSet<string> Needed(IEnumerable<GraphNode> nodes) => given.Where(GraphSlice.Needs(nodes).Contains).ToHashSet();
    }

    public bool ReadsValues(string input) => ByValue.Contains(input);
}

namespace Iba.Onnx;

/// <summary>Which values follow from constants and the shapes of the inputs alone, so that they are the same for every batch of one shape.</summary>
internal static class ShapeFlow
{
    /// <param name="nodes">The nodes, in order.</param>
    /// <param name="inputs">The names of the values that vary.</param>
    public static HashSet<string> Trace(IEnumerable<GraphNode> nodes, IEnumerable<string> inputs)
    {
        var varying = inputs.ToHashSet();
        var openShape = new HashSet<string>();
        var fixedByShape = new HashSet<string>();
        foreach (var node in nodes)
        {
            bool varies = OperatorTraits.IsRandom(node) || (OperatorTraits.ReadsShapesOnly(node)
                ? node.Inputs.Any(openShape.Contains)
                : node.Reads().Any(varying.Contains));
            bool open = varies && (OperatorTraits.HasOpenShape(node)
                || node.Reads().Any(openShape.Contains)
                || node.Inputs.Where((name, i) => varying.Contains(name) && OperatorTraits.IsShapeInput(node, i)).Any());
            foreach (string name in node.Outputs.Where(name => name.Length > 0))
            {
                if (!varies) fixedByShape.Add(name);
                else varying.Add(name);
                if (open) openShape.Add(name);
            }
        }

        return fixedByShape;
    }
}

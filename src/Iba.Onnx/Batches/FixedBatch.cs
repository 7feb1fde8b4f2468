using TorchSharp;

namespace Iba.Onnx;

/// <summary>The one batch size that a graph is made for.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="RowsInteract">Whether rows of one batch change each other's results, so that each must go through alone.</param>
internal sealed record FixedBatch(long Rows, bool RowsInteract = false)
{
    /// <summary>Whether a batch of <paramref name="rows"/> goes through the graph as it is.</summary>
    public bool TakesAtOnce(long rows) => rows == Rows && (rows == 1 || !RowsInteract);

    /// <summary>The batch size of a graph; null where it is open.</summary>
    public static FixedBatch? Of(Graph graph)
    {
        var input = graph.Inputs.FirstOrDefault(FeatureFlow.IsFloat) ?? graph.Inputs[0];
        long? fixedRows = GraphInputs.DeclaredBatch(input);
        if (graph.AllNodes().Any(OperatorTraits.MixesRows)) return new FixedBatch(fixedRows ?? 1, RowsInteract: true);
        if (fixedRows is { } declared) return new FixedBatch(declared);
        return BakesOneRow(graph) ? new FixedBatch(1) : null;
    }

    /// <summary>
    /// Some files declare an open batch, but reshape what they compute to a single row, or join a single row to it. A wrong guess
    /// costs a comparison (see <see cref="BatchedFunction"/>), or time where that fails, but no result.
    /// </summary>
    private static bool BakesOneRow(Graph graph)
    {
        using var scope = torch.NewDisposeScope();
        var fixedByShape = ShapeFlow.Trace(graph.Nodes, graph.Inputs.Select(input => input.Name));
        return graph.Nodes.Any(node => node.Domain.Length == 0 && !node.Outputs.Any(fixedByShape.Contains) && node.Operator switch
        {
            "Reshape" => node.Inputs.Length > 1 && Constant(node.Inputs[1]) is { } target && target.numel() > 1 && target[0].to(torch.int64).item<long>() == 1,
            "Concat" => Axis(node) != 0 && node.Inputs.Any(name => Constant(name) is { } joined && joined.dim() > 1 && joined.shape[0] == 1 && Axis(node) != -joined.dim()),
            _ => false,
        });

        torch.Tensor? Constant(string name) => graph.Constants.TryGetValue(name, out var value) ? value.Tensor : null;
    }

    private static long Axis(GraphNode node) => node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "axis")?.I ?? 1;
}

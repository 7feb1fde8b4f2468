namespace Iba.Onnx;

/// <summary>The tensor that outputs are different views of: a classifier's logits, its probabilities, its label.</summary>
internal static class ScoresRoot
{
    /// <summary>The tensor from which an output is made by changes of shape, type and scale, a softmax or sigmoid, and the choice and name of a class.</summary>
    public static string Of(Graph graph, string output)
    {
        string root = output;
        foreach (var (_, before) in Walk(graph, output)) root = before;
        return root;
    }

    /// <summary>The nodes on the way from an output back to there.</summary>
    public static IEnumerable<GraphNode> Nodes(Graph graph, string output) => Walk(graph, output).Select(step => step.Node).OfType<GraphNode>();

    private static IEnumerable<(GraphNode? Node, string Before)> Walk(Graph graph, string output)
    {
        while (true)
        {
            var last = LastNode.Of(graph, output);
            var node = last.In(graph);
            if (node == null || Before(graph, node) is not { Length: > 0 } input)
            {
                yield return (null, last.Output);
                yield break;
            }

            yield return (node, input);
            output = input;
        }
    }

    private static string? Before(Graph graph, GraphNode node) => (node.Domain, node.Operator) switch
    {
        ("", "ArgMax" or "ArgMin" or "TopK" or "Softmax" or "LogSoftmax" or "Sigmoid") => node.Inputs.FirstOrDefault(),
        (OperatorTable.MachineLearning, "LabelEncoder" or "ZipMap") => node.Inputs.FirstOrDefault(),
        (OperatorTable.MachineLearning, "ArrayFeatureExtractor") => node.Inputs.ElementAtOrDefault(1),
        ("", "Gather") when node.Inputs is [var table, var index] && HoldsLabels(graph, table) => index,
        _ => null,
    };

    /// <summary>Whether a name is that of integers or of strings, which are no constants of the graph; labels that are written in a node count too.</summary>
    private static bool HoldsLabels(Graph graph, string name)
        => graph.Constants.TryGetValue(name, out var value) ? !value.Tensor.is_floating_point()
            : !graph.Inputs.Any(input => input.Name == name) && graph.Nodes.FirstOrDefault(node => node.Outputs.Contains(name)) is var writer
                && (writer is null || (writer is { Domain: "", Operator: "Constant" } && writer.Proto.Attribute.Any(attribute => attribute.Name is "value_ints" or "value_strings")));
}

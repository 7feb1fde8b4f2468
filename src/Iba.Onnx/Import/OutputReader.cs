using Iba.Onnx.Schema;
using Iba.Torch;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>Which output of a graph holds the class scores, and what its numbers are.</summary>
internal static class OutputReader
{
    private const string Option = $"{nameof(OnnxNetworkOptions)}.{nameof(OnnxNetworkOptions.OutputName)}";

    /// <param name="graph">The graph, its nodes in order.</param>
    /// <param name="declared">What the file declares about tensors inside the graph.</param>
    /// <param name="name">The name of an output, or of any other tensor; null: the output that is likeliest to be the class scores.</param>
    /// <exception cref="ArgumentException">There is no tensor of that name.</exception>
    /// <exception cref="OnnxFormatException">There is no output of class scores, or the named one is none.</exception>
    public static OutputChoice Choose(Graph graph, IReadOnlyList<ValueInfoProto> declared, string? name)
    {
        if (graph.Outputs.Count == 0) throw new OnnxFormatException("The graph has no outputs.");
        var outputs = graph.Outputs.Select(output => BeforeMap(graph, output.Name, declared) ?? output).ToArray();
        var candidates = outputs.Where(output => HoldsScores(graph, output) && OutputShape.Of(output) != OutputShape.Map)
            .OrderBy(output => IsHandedOn(graph, output))
            .ThenBy(output => OutputNames.Rank(output.Name))
            .ThenBy(OutputShape.Of)
            .ThenByDescending(output => IsProbability(graph, output.Name))
            .ToList();
        var taken = name == null ? candidates.FirstOrDefault() : Named(graph, declared, name);
        string root = taken == null ? "" : ScoresRoot.Of(graph, taken.Name);
        string[] others = candidates.Where(output => output.Name != taken?.Name && !IsHandedOn(graph, output) && ScoresRoot.Of(graph, output.Name) != root).Select(output => output.Name).ToArray();
        if (taken != null && HoldsScores(graph, taken) && OutputShape.Of(taken) != OutputShape.Map) return new OutputChoice(taken, others);
        throw Refusal(graph, taken ?? outputs.FirstOrDefault(output => HoldsScores(graph, output)) ?? outputs[0], others);
    }

    /// <summary>An output, or any other tensor, whatever it holds.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="declared">What the file declares about tensors inside the graph.</param>
    /// <param name="name">Its name; it exists.</param>
    public static OutputChoice AsItIs(Graph graph, IReadOnlyList<ValueInfoProto> declared, string name)
        => new(graph.Outputs.FirstOrDefault(output => output.Name == name) ?? Declared(declared, name), []);

    /// <summary>What a last node says about its output, of which the values of a single column, or of columns that do not sum to 1, cannot tell.</summary>
    public static OutputKind Kind(Graph graph, LastNode last, ValueInfoProto output) => last.In(graph) switch
    {
        { Domain: "", Operator: "Sigmoid" } or { Domain: OperatorTable.Microsoft, Operator: "QLinearSigmoid" }
            => OutputShape.IsSingle(output) ? OutputKind.Probabilities : OutputKind.MultiLabel,
        { Domain: OperatorTable.Microsoft, Operator: "QLinearSoftmax" } => OutputKind.Probabilities,
        _ => OutputKind.Auto,
    };

    /// <summary>Whether a node's results lie between 0 and 1: a softmax, written out or not, or a sigmoid.</summary>
    public static bool IsProbability(Graph graph, GraphNode? node) => node switch
    {
        { Domain: "", Operator: "Sigmoid" } => true,
        { Domain: "", Operator: "Div", Inputs: [var part, var sum] } => Writer(graph, sum) is { Domain: "", Operator: "ReduceSum" } total && total.Inputs.FirstOrDefault() == part,
        not null => SoftmaxRemoval.IsOverClasses(node),
        null => false,
    };

    /// <summary>The message for an output that is no class scores.</summary>
    /// <param name="name">The output.</param>
    /// <param name="shape">Its shape; open dimensions as "?".</param>
    /// <param name="others">The outputs that would do.</param>
    public static OnnxFormatException NoScores(string name, IEnumerable<string> shape, IReadOnlyList<string> others) => new(
        $"The output '{name}' has shape [{string.Join(", ", shape)}]: it is no class scores, which are [N, classes] (further dimensions must be 1). "
        + (others.Count > 0 ? $"Outputs that may do: {Quote(others)}. Choose one: {Option} = \"{others[0]}\"."
            : $"No other output of the file would do. Name a tensor of that shape ({Option}), or export a network that ends in one score for each class: "
                + "values for each place, box or head have no single class to explain.")
        + $" To explain boxes, regions, values or vectors, load the file with {nameof(OnnxNetworkOptions)}.{nameof(OnnxNetworkOptions.OutputNames)} = [\"{name}\"] and choose a target of that kind ({nameof(ExplanationTarget)}).");

    private static bool IsProbability(Graph graph, string output) => IsProbability(graph, LastNode.Of(graph, output).In(graph));

    /// <summary>Classifiers of ai.onnx.ml pack their probabilities into maps from names to numbers; the tensor before is what counts.</summary>
    private static ValueInfoProto? BeforeMap(Graph graph, string output, IReadOnlyList<ValueInfoProto> declared)
        => Writer(graph, output) is { Domain: OperatorTable.MachineLearning, Operator: "ZipMap", Inputs: [{ Length: > 0 } before, ..] } ? Declared(declared, before) : null;

    private static ValueInfoProto Declared(IReadOnlyList<ValueInfoProto> declared, string name)
        => declared.FirstOrDefault(value => value.Name == name) ?? new ValueInfoProto { Name = name };

    private static ValueInfoProto Named(Graph graph, IReadOnlyList<ValueInfoProto> declared, string name)
    {
        if (BeforeMap(graph, name, declared) is { } before) return before;
        if (graph.Outputs.FirstOrDefault(output => output.Name == name) is { } output) return output;
        if (name.Length > 0 && Writer(graph, name) != null) return Declared(declared, name);
        throw new ArgumentException($"The network has no output '{name}'. It has: {Quote(graph.Outputs.Select(output => output.Name))}.", nameof(name));
    }

    /// <summary>Whether an output may hold numbers with a gradient: floats, or integers that quantised ones are.</summary>
    private static bool HoldsScores(Graph graph, ValueInfoProto output)
    {
        if (output.Type != null && output.Type.TensorType == null) return false;
        var last = LastNode.Of(graph, output.Name);
        var node = last.In(graph);
        if (node != null && (PicksClasses(node) || (node.Operator.StartsWith("QLinear", StringComparison.Ordinal) && !last.Behind.Any(i => OperatorTraits.IsQuantizer(graph.Nodes[i]))))) return false;
        return FeatureFlow.IsFloat(output) || output.Type?.TensorType is null or { ElemType: 0 }
            || ScaleRemoval.EndsQuantized(graph, last) || (ScaleRemoval.IsScaled(graph, last) && IsProbability(graph, node));
    }

    private static OnnxFormatException Refusal(Graph graph, ValueInfoProto output, string[] others)
    {
        if (ScoresRoot.Nodes(graph, output.Name).FirstOrDefault(PicksClasses) is { } node)
        {
            return new OnnxFormatException(
                $"The output '{output.Name}' is what node {node.Label} picked among the classes, a class's number or the best scores: it cannot be explained. " +
                $"Name the tensor before it: {Option} = \"{node.Inputs.FirstOrDefault()}\".");
        }

        if (HoldsScores(graph, output)) return NoScores(output.Name, OutputShape.Sizes(output), others);
        return new OnnxFormatException(
            $"The output '{output.Name}' is {(output.Type?.TensorType is { } tensor ? $"a tensor of {(DataType)tensor.ElemType}" : "no tensor")}: class scores are floating point numbers. " +
            $"Name the tensor that holds them, [N, classes] ({Option})" + (others.Length > 0 ? $", for example {Quote(others)}." : "."));
    }

    /// <summary>Whether an output is an input or a constant, as ML.NET's exporter hands all columns on.</summary>
    private static bool IsHandedOn(Graph graph, ValueInfoProto output) => LastNode.Of(graph, output.Name).Index < 0;

    private static bool PicksClasses(GraphNode node) => node is { Domain: "", Operator: "ArgMax" or "ArgMin" or "TopK" };

    private static GraphNode? Writer(Graph graph, string name) => graph.Nodes.FirstOrDefault(node => node.Outputs.Contains(name));

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}

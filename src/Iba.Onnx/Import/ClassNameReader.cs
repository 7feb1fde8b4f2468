using System.Globalization;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>
/// Finds the names of the classes in a file: where it turns numbers of classes into names (for which the nodes behind the class scores
/// are read, not computed), or among what it says about itself.
/// </summary>
internal static class ClassNameReader
{
    private static readonly HashSet<string> Keys = new(StringComparer.OrdinalIgnoreCase)
        { "names", "classes", "labels", "class_names", "classnames", "class_labels", "categories", "id2label", "label2id", "class_to_idx", "idx_to_class" };

    /// <param name="model">The file.</param>
    /// <param name="graph">Its whole graph, the nodes in order.</param>
    /// <param name="output">The output that holds the class scores.</param>
    /// <returns>One name for each class, in order; null where there are none, or of another number.</returns>
    public static IReadOnlyList<string>? Find(ModelProto model, Graph graph, ValueInfoProto output)
    {
        string root = ScoresRoot.Of(graph, output.Name);
        var ofNodes = graph.Nodes.Select(node => (Node: node, Names: Of(model, graph, node)))
            .Where(found => found.Names != null && ScoresRoot.Of(graph, found.Node.Outputs.FirstOrDefault("")) == root).Select(found => found.Names)
            .OrderBy(names => names!.All(name => long.TryParse(name, CultureInfo.InvariantCulture, out _)));
        var ofMetadata = model.MetadataProps.Where(entry => Keys.Contains(entry.Key)).Select(entry => NameLiteral.Parse(entry.Value));
        long? classes = OutputShape.Classes(output);
        return ofNodes.Concat(ofMetadata).FirstOrDefault(names => names is { Count: > 1 } && (classes == null || classes == names.Count || (classes == 1 && names.Count == 2)));
    }

    private static IReadOnlyList<string>? Of(ModelProto model, Graph graph, GraphNode node) => (node.Domain, node.Operator) switch
    {
        (OperatorTable.MachineLearning, "ZipMap") => Strings(node, "classlabels_strings") ?? Numbers(Attribute(node, "classlabels_int64s")?.Ints),
        (OperatorTable.MachineLearning, "LabelEncoder") => Encoded(graph, node),
        (OperatorTable.MachineLearning, "ArrayFeatureExtractor") or ("", "Gather") when node.Inputs.Length > 1 => Table(model, graph, node.Inputs[0]),
        _ => null,
    };

    /// <summary>Numbers of classes, or labels that numbers were turned into before, to names; in the first version of the operator by their place.</summary>
    private static IReadOnlyList<string>? Encoded(Graph graph, GraphNode node)
    {
        if (Strings(node, "classes_strings") is { } inOrder) return inOrder;
        string[]? names = Strings(node, "values_strings") ?? Texts(Attribute(node, "values_tensor")?.T);
        long[]? keys = Attribute(node, "keys_int64s")?.Ints.ToArray() ?? Attribute(node, "keys_tensor")?.T?.Int64Data.ToArray();
        if (names == null || keys == null || names.Length != keys.Length) return null;
        var named = keys.Zip(names).Select(pair => KeyValuePair.Create(pair.First, pair.Second)).ToArray();
        long[]? labels = ScoresRoot.Nodes(graph, node.Inputs.FirstOrDefault("")).Where(step => step is { Domain: "", Operator: "Gather" })
            .Select(step => Labels(graph, step.Inputs[0])).FirstOrDefault(table => table != null);
        if (labels == null) return NameLiteral.InOrder(named);
        var byLabel = named.DistinctBy(pair => pair.Key).ToDictionary();
        return labels.All(byLabel.ContainsKey) ? labels.Select(label => byLabel[label]).ToArray() : null;
    }

    /// <summary>The whole numbers that a table of the graph holds, by class; null: it is none, or of something else.</summary>
    private static long[]? Labels(Graph graph, string table)
    {
        if (graph.Constants.TryGetValue(table, out var numbers))
            return numbers.Tensor is { dtype: TorchSharp.torch.ScalarType.Int64 } tensor && tensor.dim() == 1 ? tensor.data<long>().ToArray() : null;
        return graph.Nodes.FirstOrDefault(node => node is { Domain: "", Operator: "Constant" } && node.Outputs.Contains(table)) is { } constant
            ? Attribute(constant, "value_ints")?.Ints.ToArray() : null;
    }

    private static string[]? Table(ModelProto model, Graph graph, string name)
    {
        if (Labels(graph, name) is { } labels) return Numbers(labels);
        if (model.Graph.Initializer.FirstOrDefault(tensor => tensor.Name == name) is { } initializer) return Texts(initializer);
        return graph.Nodes.FirstOrDefault(node => node is { Domain: "", Operator: "Constant" } && node.Outputs.Contains(name)) is { } constant
            ? Strings(constant, "value_strings") ?? Texts(Attribute(constant, "value")?.T) : null;
    }

    /// <summary>Numbers that are not the places themselves are names, too.</summary>
    private static string[]? Numbers(IReadOnlyCollection<long>? labels)
        => labels is not { Count: > 0 } || labels.Select((label, i) => label == i).All(same => same) ? null
            : labels.Select(label => label.ToString(CultureInfo.InvariantCulture)).ToArray();

    private static string[]? Strings(GraphNode node, string name)
        => Attribute(node, name)?.Strings is { Count: > 0 } strings ? strings.Select(text => text.ToStringUtf8()).ToArray() : null;

    private static string[]? Texts(TensorProto? tensor)
        => tensor is { DataType: (int)DataType.String, StringData.Count: > 0 } ? tensor.StringData.Select(text => text.ToStringUtf8()).ToArray() : null;

    private static AttributeProto? Attribute(GraphNode node, string name) => node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}

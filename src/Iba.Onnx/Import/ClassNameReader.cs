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
            .Where(found => found.Names != null && ScoresRoot.Of(graph, found.Node.Outputs.FirstOrDefault("")) == root).Select(found => found.Names);
        var ofMetadata = model.MetadataProps.Where(entry => Keys.Contains(entry.Key)).Select(entry => NameLiteral.Parse(entry.Value));
        long? classes = OutputShape.Classes(output);
        return ofNodes.Concat(ofMetadata).FirstOrDefault(names => names is { Count: > 1 } && (classes == null || classes == names.Count || (classes == 1 && names.Count == 2)));
    }

    private static IReadOnlyList<string>? Of(ModelProto model, Graph graph, GraphNode node) => (node.Domain, node.Operator) switch
    {
        (OperatorTable.MachineLearning, "ZipMap") => Strings(node, "classlabels_strings") ?? Numbers(Attribute(node, "classlabels_int64s")?.Ints),
        (OperatorTable.MachineLearning, "LabelEncoder") => Encoded(node),
        (OperatorTable.MachineLearning, "ArrayFeatureExtractor") or ("", "Gather") when node.Inputs.Length > 1 => Table(model, graph, node.Inputs[0]),
        _ => null,
    };

    /// <summary>Numbers of classes to names; in the first version of the operator by their place.</summary>
    private static IReadOnlyList<string>? Encoded(GraphNode node)
    {
        if (Strings(node, "classes_strings") is { } inOrder) return inOrder;
        string[]? names = Strings(node, "values_strings") ?? Texts(Attribute(node, "values_tensor")?.T);
        long[]? keys = Attribute(node, "keys_int64s")?.Ints.ToArray() ?? Attribute(node, "keys_tensor")?.T?.Int64Data.ToArray();
        return names == null || keys == null || names.Length != keys.Length ? null
            : NameLiteral.InOrder(keys.Zip(names).Select(pair => KeyValuePair.Create(pair.First, pair.Second)));
    }

    private static string[]? Table(ModelProto model, Graph graph, string name)
    {
        if (graph.Constants.TryGetValue(name, out var numbers))
            return numbers.Tensor is { dtype: TorchSharp.torch.ScalarType.Int64 } tensor && tensor.dim() == 1 ? Numbers(numbers.Tensor.data<long>().ToArray()) : null;
        if (model.Graph.Initializer.FirstOrDefault(tensor => tensor.Name == name) is { } initializer) return Texts(initializer);
        return graph.Nodes.FirstOrDefault(node => node is { Domain: "", Operator: "Constant" } && node.Outputs.Contains(name)) is { } constant
            ? Strings(constant, "value_strings") ?? Texts(Attribute(constant, "value")?.T) ?? Numbers(Attribute(constant, "value_ints")?.Ints) : null;
    }

    /// <summary>Numbers that are not the places themselves are names, too.</summary>
    private static string[]? Numbers(IReadOnlyCollection<long>? labels)
        => labels is not { Count: > 0 } || labels.Select((label, i) => label == i).All(same => same) ? null
            : labels.Select(label => label.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray();

    private static string[]? Strings(GraphNode node, string name)
        => Attribute(node, name)?.Strings is { Count: > 0 } strings ? strings.Select(text => text.ToStringUtf8()).ToArray() : null;

    private static string[]? Texts(TensorProto? tensor)
        => tensor is { DataType: (int)DataType.String, StringData.Count: > 0 } ? tensor.StringData.Select(text => text.ToStringUtf8()).ToArray() : null;

    private static AttributeProto? Attribute(GraphNode node, string name) => node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}

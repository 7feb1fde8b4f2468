using System.Globalization;
using Google.Protobuf;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>
/// Replaces the linear models of <c>ai.onnx.ml</c>, and what converters write before and behind them (scalers, normalizers, chosen and joined columns), by
/// the standard operators that they stand for: their weights are weights then, their softmax is a softmax, and every tensor between can be a layer.
/// </summary>
/// <param name="graph">The graph that the nodes are of.</param>
internal sealed class LinearModelExpansion(GraphProto graph)
{
    private readonly HashSet<string> _sumToOne = [];

    /// <summary>The meaning of the operators that are written.</summary>
    public static OperatorSets Opsets { get; } = new([new OperatorSetIdProto { Version = 17 }], "linear model", format: 8);

    /// <summary>The nodes in place of one; null: it stays as it is.</summary>
    /// <exception cref="OnnxFormatException">It contradicts itself.</exception>
    public IReadOnlyList<NodeProto>? Expand(NodeProto node)
    {
        if (node.Domain != OperatorTable.MachineLearning || node.Input.Count == 0 || node.Output.All(output => output.Length == 0)) return null;
        var write = new StandardNodes(node);
        bool isWritten = node.OpType switch
        {
            "Scaler" => Scale(write),
            "Normalizer" => Normalize(write),
            "Imputer" => Impute(write),
            "Binarizer" => Binarize(write),
            "FeatureVectorizer" => Join(write),
            "ArrayFeatureExtractor" => Choose(write),
            "LinearRegressor" => Regress(write),
            "LinearClassifier" => Classify(write),
            _ => false,
        };
        return isWritten ? write.Nodes : null;
    }

    private static bool Scale(StandardNodes write)
    {
        string centred = write.Add("Sub", "centred", [write.Input(0), write.Floats("offset")]);
        write.End("Mul", 0, [centred, write.Floats("scale")]);
        return true;
    }

    private bool Normalize(StandardNodes write)
    {
        string norm = write.Text("norm", "MAX");
        if (norm == "L1" && _sumToOne.Contains(write.Node.Input[0]))
        {
            write.End("Identity", 0, [write.Node.Input[0]]);
            _sumToOne.Add(write.Node.Output[0]);
            return true;
        }

        string measure = norm switch
        {
            "MAX" => "ReduceMax",
            "L1" => "ReduceL1",
            "L2" => "ReduceL2",
            _ => throw write.Error($"norm '{norm}' is none of MAX, L1, L2"),
        };
        // A row of zeros stays one.
        string input = write.Input(0), size = write.Add(measure, "norm", [input], ("axes", new[] { -1L }));
        string isZero = write.Add("Equal", "zero", [size, write.Constant("nothing", [], 0)]);
        write.End("Div", 0, [input, write.Add("Where", "divisor", [isZero, write.Constant("one", [], 1), size])]);
        return true;
    }

    private static bool Impute(StandardNodes write)
    {
        // Of integers there are attributes of their own; networks read floats.
        if (write.Values("imputed_value_floats") is not { Length: > 0 }) return false;
        float missing = write.Number("replaced_value_float", 0);
        string input = write.Input(0);
        string isMissing = float.IsNaN(missing) ? write.Add("IsNaN", "missing", [input]) : write.Add("Equal", "missing", [input, write.Constant("replaced", [], missing)]);
        write.End("Where", 0, [isMissing, write.Floats("imputed_value_floats"), input]);
        return true;
    }

    private static bool Binarize(StandardNodes write)
    {
        string isAbove = write.Add("Greater", "above", [write.Input(0), write.Constant("threshold", [], write.Number("threshold", 0))]);
        write.End("Cast", 0, [isAbove], ("to", (long)DataType.Float));
        return true;
    }

    private static bool Join(StandardNodes write)
    {
        write.End("Concat", 0, [.. Enumerable.Range(0, write.Node.Input.Count).Select(write.Input)], ("axis", 1L));
        return true;
    }

    private bool Choose(StandardNodes write)
    {
        // A table of names or numbers by class is read where names are looked for, and not computed.
        string table = write.Node.Input.FirstOrDefault("");
        bool isTable = graph.Initializer.Any(tensor => tensor.Name == table) || graph.Node.Any(other => other.OpType == "Constant" && other.Output.Contains(table));
        if (isTable || write.Node.Input.Count < 2) return false;
        string places = write.Add("Reshape", "places", [write.Node.Input[1], write.Numbers("flat", [-1])]);
        write.End("Gather", 0, [table, places], ("axis", -1L));
        return true;
    }

    private static bool Regress(StandardNodes write)
    {
        if (write.Text("post_transform", "NONE") != "NONE") return false;
        write.End("Add", 0, Product(write, write.Whole("targets", 1)));
        return true;
    }

    private bool Classify(StandardNodes write)
    {
        string transform = write.Text("post_transform", "NONE");
        string? last = transform switch { "NONE" => "Identity", "SOFTMAX" => "Softmax", "LOGISTIC" => "Sigmoid", _ => null };
        string[] labels = write.Texts("classlabels_strings");
        long[] numbers = write.Wholes("classlabels_ints");
        int classes = Math.Max(labels.Length, numbers.Length);
        int scored = write.Values("intercepts")?.Length is > 0 and var intercepts ? intercepts : classes;
        // A single score for two classes has rules of its own in OnnxRuntime, which no converter relies on.
        if (last == null || scored < 2 || scored != classes) return false;

        string[] terms = Product(write, classes);
        string logits = write.Add("Add", "logits", terms);
        string place = write.Add("ArgMax", "place", [logits], ("axis", -1L), ("keepdims", 0L));
        if (write.Wants(0) && labels.Length > 0)
        {
            write.End("LabelEncoder", 0, [place], OperatorTable.MachineLearning, ("keys_int64s", Enumerable.Range(0, classes).Select(i => (long)i).ToArray()), ("values_strings", labels));
        }
        else if (write.Wants(0))
        {
            write.End("Gather", 0, [write.Numbers("labels", numbers), place], ("axis", 0L));
        }

        if (!write.Wants(1)) return true;
        if (last == "Softmax") _sumToOne.Add(write.Node.Output[1]);
        write.End(last, 1, [logits], last == "Softmax" ? [("axis", -1L)] : []);
        return true;
    }

    /// <summary>The product with the coefficients, and the intercepts to be added.</summary>
    private static string[] Product(StandardNodes write, long scores)
    {
        float[] coefficients = write.Values("coefficients") ?? [], intercepts = write.Values("intercepts") ?? [];
        if (scores < 1 || scores > coefficients.Length || coefficients.Length % scores != 0 || (intercepts.Length > 0 && intercepts.Length != scores))
            throw write.Error($"{coefficients.Length} coefficients and {intercepts.Length} intercepts do not make {scores} scores");
        int rows = (int)scores, columns = coefficients.Length / rows;
        if (intercepts.Length == 0) intercepts = new float[rows];
        float[] turned = [.. Enumerable.Range(0, coefficients.Length).Select(i => coefficients[(i % rows * columns) + (i / rows)])];
        return [write.Add("MatMul", "product", [write.Input(0), write.Constant("coefficients", [columns, rows], turned)]), write.Constant("intercepts", [rows], intercepts)];
    }

    /// <summary>Writes nodes in place of one, with names below that of its last output: those of nodes need not be unique.</summary>
    private sealed class StandardNodes(NodeProto node)
    {
        private readonly string _path = node.Output.Last(output => output.Length > 0);

        public NodeProto Node { get; } = node;

        public List<NodeProto> Nodes { get; } = [];

        public bool Wants(int output) => output < Node.Output.Count && Node.Output[output].Length > 0;

        /// <summary>An input of numbers of any type, as floats.</summary>
        public string Input(int index) => index < Node.Input.Count && Node.Input[index].Length > 0
            ? Add("Cast", $"input{index.ToString(CultureInfo.InvariantCulture)}", [Node.Input[index]], ("to", (long)DataType.Float))
            : throw Error($"needs input {index}");

        /// <summary>Writes a node with an output of its own.</summary>
        public string Add(string type, string name, string[] inputs, params (string Name, object Value)[] attributes)
        {
            string output = $"{_path}/{name}";
            Write(type, inputs, output, "", attributes);
            return output;
        }

        /// <summary>Writes the node whose output is one of those of the node that is replaced.</summary>
        public void End(string type, int output, string[] inputs, params (string Name, object Value)[] attributes) => Write(type, inputs, Node.Output[output], "", attributes);

        /// <inheritdoc cref="End(string, int, string[], ValueTuple{string, object}[])"/>
        public void End(string type, int output, string[] inputs, string domain, params (string Name, object Value)[] attributes)
            => Write(type, inputs, Node.Output[output], domain, attributes);

        public string Constant(string name, long[] shape, params float[] values)
            => Add("Constant", name, [], ("value", new TensorProto { DataType = (int)DataType.Float, Dims = { shape }, FloatData = { values } }));

        public string Numbers(string name, long[] values) => Add("Constant", name, [], ("value_ints", values));

        /// <summary>The numbers of an attribute, one for each column or one for all.</summary>
        public string Floats(string attribute) => Values(attribute) is { Length: > 0 } values ? Constant(attribute, [values.Length], values) : throw Error($"needs attribute '{attribute}'");

        public float[]? Values(string attribute) => Attribute(attribute)?.Floats.ToArray();

        public long[] Wholes(string attribute) => Attribute(attribute)?.Ints.ToArray() ?? [];

        public string[] Texts(string attribute) => Attribute(attribute)?.Strings.Select(text => text.ToStringUtf8()).ToArray() ?? [];

        public float Number(string attribute, float otherwise) => Attribute(attribute)?.F ?? otherwise;

        public long Whole(string attribute, long otherwise) => Attribute(attribute)?.I ?? otherwise;

        public string Text(string attribute, string otherwise) => Attribute(attribute)?.S.ToStringUtf8() ?? otherwise;

        public OnnxFormatException Error(string problem) => new($"Node '{_path}' ({Node.OpType}): {problem}.");

        private AttributeProto? Attribute(string name) => Node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

        private void Write(string type, string[] inputs, string output, string domain, (string Name, object Value)[] attributes)
        {
            var written = new NodeProto { OpType = type, Domain = domain, Name = output, Input = { inputs }, Output = { output } };
            written.Attribute.Add(attributes.Select(pair => pair.Value switch
            {
                long number => new AttributeProto { Name = pair.Name, I = number, Type = AttributeProto.Types.AttributeType.Int },
                long[] numbers => new AttributeProto { Name = pair.Name, Ints = { numbers }, Type = AttributeProto.Types.AttributeType.Ints },
                string[] texts => new AttributeProto { Name = pair.Name, Strings = { texts.Select(ByteString.CopyFromUtf8) }, Type = AttributeProto.Types.AttributeType.Strings },
                TensorProto tensor => new AttributeProto { Name = pair.Name, T = tensor, Type = AttributeProto.Types.AttributeType.Tensor },
                _ => throw new InvalidOperationException($"No attribute is made from a {pair.Value.GetType().Name}."),
            }));
            Nodes.Add(written);
        }
    }
}

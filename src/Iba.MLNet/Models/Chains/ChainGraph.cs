using Google.Protobuf;
using Iba.Onnx;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.AttributeProto.Types;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.MLNet;

/// <summary>
/// Writes networks, affine steps and a linear classifier as one ONNX model. Names stay those of the networks' files, except where two files
/// use the same; a network of other operator versions than the largest one becomes a function of the model, which has versions of its own.
/// </summary>
internal sealed class ChainGraph
{
    private const string Domain = "iba.chain";

    /// <summary>What the nodes that are added here are written in, where the networks' own version is older than they can do with.</summary>
    private const long OwnVersion = 13;

    /// <summary>From this version on the nodes that are added here mean the same in all versions.</summary>
    private const long OldestVersion = 7;

    private readonly ModelProto _model = new() { IrVersion = 8, Graph = new GraphProto { Name = "chain" } };
    private readonly HashSet<string> _names = [];
    private readonly HashSet<string> _nodeNames = [];
    private readonly Dictionary<ChainTensor, string> _tensors = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ChainTensor, string> _rows = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, ColumnTensor> _columns = [];

    private ChainGraph(ChainTensor end)
    {
        var largest = Networks(end).MaxBy(network => network.Step.File.Length)!;
        bool isOld = Versions(largest.Model).GetValueOrDefault("") < OldestVersion;
        if (isOld) Import("", OwnVersion);
        else Import(largest.Model);
    }

    /// <summary>The columns that feed the inputs, by the inputs' names.</summary>
    public IReadOnlyDictionary<string, ColumnTensor> Columns => _columns;

    /// <summary>The name of an output of a network that was written.</summary>
    public string NameOf(OutputTensor output) => _tensors[output];

    /// <summary>A network behind others, up to some of its outputs.</summary>
    public static ChainGraph Of(IReadOnlyList<OutputTensor> outputs)
    {
        var graph = new ChainGraph(outputs[0]);
        foreach (var output in outputs)
        {
            var declared = output.Part.Declared(output.Output)?.Clone() ?? new ValueInfoProto();
            declared.Name = graph.Tensor(output);
            graph._model.Graph.Output.Add(declared);
        }

        return graph;
    }

    /// <summary>A linear classifier behind networks. The softmax at its end says that what lies before it are logits; loading takes it out.</summary>
    public static ChainGraph Of(ChainTensor features, LinearClassifier classifier)
    {
        var graph = new ChainGraph(features);
        int classes = classifier.Weights.Count;
        string weights = graph.Constant("classifier/weights", [classes, classifier.Weights[0].Length], classifier.Weights.SelectMany(row => row));
        string logits = graph.Node(
            "Gemm", "logits", [graph.Row(features), weights, graph.Constant("classifier/biases", [classes], classifier.Biases)],
            new AttributeProto { Name = "transB", I = 1, Type = AttributeType.Int });
        if (classifier.AreLogOdds)
        {
            // log p = -log(1 + exp(-t)) of the log odds t.
            logits = graph.Node("Neg", "log_probabilities", [graph.Node("Softplus", "classifier/softplus", [graph.Node("Neg", "classifier/negative", [logits])])]);
        }

        string scores = graph.Node("Softmax", "Score", [logits], new AttributeProto { Name = "axis", I = 1, Type = AttributeType.Int });
        graph._model.Graph.Output.Add(new ValueInfoProto
        {
            Name = scores,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor
                {
                    ElemType = (int)DataType.Float,
                    Shape = new TensorShapeProto
                    {
                        Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" }, new TensorShapeProto.Types.Dimension { DimValue = classes } },
                    },
                },
            },
        });
        return graph;
    }

    /// <summary>The model as a file.</summary>
    public Stream ToStream()
    {
        var stream = new MemoryStream();
        _model.WriteTo(stream);
        stream.Position = 0;
        return stream;
    }

    private static HashSet<NetworkPart> Networks(ChainTensor end)
    {
        var found = new HashSet<NetworkPart>();
        Visit(end);
        return found;

        void Visit(ChainTensor tensor)
        {
            if (tensor is OutputTensor output && !found.Add(output.Part)) return;
            foreach (var source in tensor.Sources) Visit(source);
        }
    }

    /// <summary>The name of a tensor, in the shape that its network gives it.</summary>
    private string Tensor(ChainTensor tensor)
    {
        if (_tensors.TryGetValue(tensor, out string? name)) return name;
        if (tensor is not OutputTensor output) return Row(tensor);
        Write(output.Part);
        return _tensors[tensor];
    }

    /// <summary>The name of a tensor as rows <c>[N, F]</c>, as ML.NET holds all columns.</summary>
    private string Row(ChainTensor tensor)
    {
        if (_rows.TryGetValue(tensor, out string? name)) return name;
        return _rows[tensor] = tensor switch
        {
            OutputTensor output => Node("Flatten", $"{output.Output}/rows", [Tensor(output)], new AttributeProto { Name = "axis", I = 1, Type = AttributeType.Int }),
            ScaledTensor scaled => Node("Mul", "scaled", [Node("Sub", "centred", [Row(scaled.Sources[0]), Constant("offset", [1, scaled.Offset.Length], scaled.Offset)]),
                Constant("scale", [1, scaled.Scale.Length], scaled.Scale)]),
            SelectedTensor selected => Node("Gather", "selected", [Row(selected.Sources[0]), Constant("slots", selected.Slots.Select(slot => (long)slot))],
                new AttributeProto { Name = "axis", I = 1, Type = AttributeType.Int }),
            JoinedTensor joined => Node("Concat", "joined", joined.Sources.Select(Row), new AttributeProto { Name = "axis", I = 1, Type = AttributeType.Int }),
            _ => throw new NotSupportedException($"A chain holds '{tensor.GetType().Name}' where networks and affine steps are expected."),
        };
    }

    private void Write(NetworkPart network)
    {
        var sources = network.Step.Inputs.Zip(network.Sources, (input, source) => (Input: input, Name: Feed(network, input, source))).ToArray();
        var inputs = sources.ToDictionary(source => source.Input, source => source.Name);
        foreach (var function in network.Model.Functions) Add(function);
        if (_model.IrVersion < network.Model.IrVersion) _model.IrVersion = network.Model.IrVersion;
        foreach (var entry in network.Model.MetadataProps.Where(entry => _model.MetadataProps.All(known => known.Key != entry.Key))) _model.MetadataProps.Add(entry);
        var names = HasVersionsOf(network.Model) ? Inline(network.Model, inputs) : Call(network, inputs);
        foreach (var output in network.Outputs) _tensors[output] = names[output.Output];
    }

    /// <summary>The name of what feeds an input, in the shape that the input has.</summary>
    private string Feed(NetworkPart network, string input, ChainTensor source)
    {
        var wanted = network.ShapeOf(input);
        if (source is not ColumnTensor column)
        {
            var given = source is OutputTensor output ? output.Part.ShapeOf(output.Output) : [-1, source.Width ?? -1];
            return Reshape(Tensor(source), given, wanted);
        }

        // Networks that read one column share an input, in the shape of the first.
        if (_tensors.TryGetValue(column, out string? known))
        {
            long[]? first = _model.Graph.Input.First(value => value.Name == known).Type.TensorType.Shape?.Dim.Select(dimension => dimension.DimValue > 0 ? dimension.DimValue : -1).ToArray();
            return Reshape(known, first, wanted);
        }

        var declared = network.Declared(input)?.Clone() ?? throw new OnnxFormatException($"The network has no input '{input}'.");
        declared.Name = Unique(input);
        if (wanted != null && network.Step.Shapes.ContainsKey(input))
        {
            declared.Type.TensorType.Shape = new TensorShapeProto();
            declared.Type.TensorType.Shape.Dim.Add(wanted.Select(size => size > 0 ? new TensorShapeProto.Types.Dimension { DimValue = size } : new TensorShapeProto.Types.Dimension()));
        }

        _model.Graph.Input.Add(declared);
        _columns[declared.Name] = column;
        return _tensors[column] = declared.Name;
    }

    /// <summary>ML.NET hands rows from step to step without their shape: each network takes them in the shape of its own input.</summary>
    private string Reshape(string name, IReadOnlyList<long>? given, IReadOnlyList<long>? wanted)
    {
        if (wanted == null || wanted.Count < 2 || (given != null && given.Skip(1).SequenceEqual(wanted.Skip(1)) && wanted.Skip(1).All(size => size > 0))) return name;
        if (wanted.Skip(1).Count(size => size < 0) > 1) return name;
        return Node("Reshape", $"{name}/shaped", [name, Constant("shape", wanted.Skip(1).Prepend(0))]);
    }

    /// <summary>Writes a network's nodes among the others.</summary>
    /// <returns>The new names of its tensors.</returns>
    private Dictionary<string, string> Inline(ModelProto network, Dictionary<string, string> inputs)
    {
        Import(network);
        var names = new Dictionary<string, string>(inputs) { [""] = "" };
        foreach (var initializer in network.Graph.Initializer.Where(initializer => !inputs.ContainsKey(initializer.Name))) Add(initializer.Clone(), names);
        foreach (var initializer in network.Graph.SparseInitializer) Add(initializer.Clone(), names);
        foreach (string output in network.Graph.Node.SelectMany(node => node.Output).Distinct().Where(output => !names.ContainsKey(output)).ToArray()) names[output] = Unique(output);
        foreach (var node in network.Graph.Node)
        {
            var renamed = Renamed(node.Clone(), names);
            if (node.Name.Length > 0) renamed.Name = Unique(node.Name, _nodeNames);
            _model.Graph.Node.Add(renamed);
        }

        foreach (var value in network.Graph.ValueInfo.Where(value => names.ContainsKey(value.Name)))
        {
            var renamed = value.Clone();
            renamed.Name = names[value.Name];
            _model.Graph.ValueInfo.Add(renamed);
        }

        return names;
    }

    /// <summary>Writes a network as a function, which has operator versions of its own, and a call of it. Its weights are arguments.</summary>
    /// <returns>The names of its outputs.</returns>
    private Dictionary<string, string> Call(NetworkPart network, Dictionary<string, string> inputs)
    {
        var weights = new Dictionary<string, string>();
        foreach (var initializer in network.Model.Graph.Initializer.Where(initializer => !inputs.ContainsKey(initializer.Name))) Add(initializer.Clone(), weights);
        foreach (var initializer in network.Model.Graph.SparseInitializer) Add(initializer.Clone(), weights);
        string name = Unique("network");
        var function = new FunctionProto { Name = name, Domain = Domain };
        var call = new NodeProto { OpType = name, Domain = Domain, Name = Unique(name, _nodeNames) };
        foreach (var (argument, value) in inputs.Concat(weights))
        {
            function.Input.Add(argument);
            call.Input.Add(value);
        }

        var outputs = network.Outputs.ToDictionary(output => output.Output, output => Unique(output.Output));
        function.Output.AddRange(outputs.Keys);
        call.Output.AddRange(outputs.Values);
        function.Node.AddRange(network.Model.Graph.Node.Select(node => node.Clone()));
        function.OpsetImport.AddRange(Versions(network.Model).Select(import => new OperatorSetIdProto { Domain = import.Key, Version = import.Value }));
        _model.Functions.Add(function);
        Import(Domain, 1);
        _model.Graph.Node.Add(call);
        return outputs;
    }

    private void Add(TensorProto initializer, Dictionary<string, string> names)
    {
        initializer.Name = names[initializer.Name] = Unique(initializer.Name);
        _model.Graph.Initializer.Add(initializer);
    }

    private void Add(SparseTensorProto initializer, Dictionary<string, string> names)
    {
        initializer.Values.Name = names[initializer.Values.Name] = Unique(initializer.Values.Name);
        _model.Graph.SparseInitializer.Add(initializer);
    }

    private void Add(FunctionProto function)
    {
        var known = _model.Functions.FirstOrDefault(other => (other.Domain, other.Name, other.Overload) == (function.Domain, function.Name, function.Overload));
        if (known == null) _model.Functions.Add(function);
        else if (!known.Equals(function)) throw new NotSupportedException($"Two networks of the chain define function '{function.Domain}.{function.Name}' in different ways.");
    }

    private static NodeProto Renamed(NodeProto node, Dictionary<string, string> names)
    {
        for (int i = 0; i < node.Input.Count; i++) node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
        for (int i = 0; i < node.Output.Count; i++) node.Output[i] = names.GetValueOrDefault(node.Output[i], node.Output[i]);
        foreach (var graph in node.Attribute.SelectMany(attribute => attribute.Graphs.Concat(attribute.G != null ? [attribute.G] : [])))
        {
            foreach (var inner in graph.Node) Renamed(inner, names);
            foreach (var output in graph.Output) output.Name = names.GetValueOrDefault(output.Name, output.Name);
        }

        return node;
    }

    private string Node(string operation, string output, IEnumerable<string> inputs, params AttributeProto[] attributes)
    {
        string name = Unique(output);
        _model.Graph.Node.Add(new NodeProto { OpType = operation, Name = Unique(output, _nodeNames), Input = { inputs }, Output = { name }, Attribute = { attributes } });
        return name;
    }

    private string Constant(string name, long[] shape, IEnumerable<float> values)
    {
        name = Unique(name);
        _model.Graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)DataType.Float, Dims = { shape }, FloatData = { values } });
        return name;
    }

    private string Constant(string name, IEnumerable<long> values)
    {
        var tensor = new TensorProto { Name = Unique(name), DataType = (int)DataType.Int64, Int64Data = { values } };
        tensor.Dims.Add(tensor.Int64Data.Count);
        _model.Graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private string Unique(string name) => Unique(name, _names);

    private static string Unique(string name, HashSet<string> taken)
    {
        string unique = name;
        for (int i = 2; !taken.Add(unique); i++) unique = $"{name}.{i}";
        return unique;
    }

    private bool HasVersionsOf(ModelProto network)
    {
        var known = Versions(_model);
        return Versions(network).All(import => known.GetValueOrDefault(import.Key, import.Value) == import.Value);
    }

    private void Import(ModelProto network)
    {
        foreach (var (domain, version) in Versions(network)) Import(domain, version);
    }

    private void Import(string domain, long version)
    {
        if (!Versions(_model).ContainsKey(domain)) _model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
    }

    private static Dictionary<string, long> Versions(ModelProto model)
    {
        var versions = model.OpsetImport.GroupBy(import => OperatorSets.Normalise(import.Domain)).ToDictionary(group => group.Key, group => group.Last().Version);
        if (model.IrVersion < OperatorSets.FirstFormatWithImports) versions.TryAdd("", 1);
        return versions;
    }
}

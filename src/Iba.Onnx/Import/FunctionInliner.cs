using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>Replaces calls of model-local functions by the functions' nodes, with names made unique.</summary>
internal sealed class FunctionInliner
{
    // Functions that call each other twice grow exponentially: both bounds are far above what exporters write.
    private const int DeepestCall = 64;
    private const int MostNodes = 500_000;

    private readonly Dictionary<(string Domain, string Name, string Overload), (FunctionProto Function, OperatorSets Opsets)> _functions = [];
    private int _calls;
    private int _nodes;

    /// <exception cref="OnnxFormatException">A function imports operators that are not known.</exception>
    public FunctionInliner(ModelProto model)
    {
        foreach (var function in model.Functions)
        {
            var opsets = new OperatorSets(function.OpsetImport.Count > 0 ? function.OpsetImport : model.OpsetImport, $"function '{function.Name}'");
            _functions[(OperatorSets.Normalise(function.Domain), function.Name, function.Overload)] = (function, opsets);
        }
    }

    /// <summary>The nodes without calls of functions, each with the operator sets that it is written in and the depth of calls around it.</summary>
    public IEnumerable<(NodeProto Node, OperatorSets Opsets, int Depth)> Expand(IEnumerable<NodeProto> nodes, OperatorSets opsets, int depth)
    {
        foreach (var node in nodes)
        {
            if (++_nodes > MostNodes) throw new OnnxFormatException($"The model has more than {MostNodes} nodes once its functions are inlined.");
            if (!_functions.TryGetValue((OperatorSets.Normalise(node.Domain), node.OpType, node.Overload), out var callee))
            {
                yield return (node, opsets, depth);
                continue;
            }

            if (depth >= DeepestCall) throw new OnnxFormatException($"Function '{node.OpType}' calls itself, or calls are nested more than {DeepestCall} deep.");
            foreach (var inner in Expand(Inline(node, callee.Function), callee.Opsets, depth + 1)) yield return inner;
        }
    }

    private List<NodeProto> Inline(NodeProto call, FunctionProto function)
    {
        if (call.Input.Count > function.Input.Count || call.Output.Count > function.Output.Count)
        {
            throw new OnnxFormatException($"Node '{call.Name}' calls function '{function.Name}' with more inputs or outputs than it has.");
        }

        string prefix = $"{(call.Name.Length > 0 ? call.Name : function.Name)}/{_calls++}/";
        var names = new Dictionary<string, string> { [""] = "" };
        var body = new List<NodeProto>(function.Node.Count);
        for (int i = 0; i < function.Input.Count; i++) names[function.Input[i]] = i < call.Input.Count ? call.Input[i] : "";
        for (int i = 0; i < call.Output.Count; i++)
        {
            if (call.Output[i].Length == 0 || names.TryAdd(function.Output[i], call.Output[i])) continue;
            // The function hands an input on, or returns one value twice.
            var copy = new NodeProto { OpType = "Identity", Name = prefix + "Identity" };
            copy.Input.Add(names[function.Output[i]]);
            copy.Output.Add(call.Output[i]);
            body.Add(copy);
        }

        var arguments = function.AttributeProto.Concat(call.Attribute).GroupBy(attribute => attribute.Name)
            .ToDictionary(group => group.Key, group => group.Last());
        var scope = new Scope(names, arguments, prefix);
        body.AddRange(function.Node.Select(scope.Rename));
        return body;
    }

    /// <summary>One call's names and attribute arguments.</summary>
    private sealed class Scope(Dictionary<string, string> names, Dictionary<string, AttributeProto> arguments, string prefix)
    {
        public NodeProto Rename(NodeProto node)
        {
            var renamed = new NodeProto { OpType = node.OpType, Domain = node.Domain, Overload = node.Overload, Name = prefix + node.Name };
            renamed.Input.AddRange(node.Input.Select(Rename));
            renamed.Output.AddRange(node.Output.Select(Rename));
            renamed.Attribute.AddRange(node.Attribute.Select(Resolve).OfType<AttributeProto>());
            return renamed;
        }

        private string Rename(string name)
        {
            if (!names.TryGetValue(name, out string? renamed)) names[name] = renamed = prefix + name;
            return renamed;
        }

        private AttributeProto? Resolve(AttributeProto attribute)
        {
            if (attribute.RefAttrName.Length > 0)
            {
                // An optional attribute that the caller leaves out is left out inside, too.
                if (!arguments.TryGetValue(attribute.RefAttrName, out var argument)) return null;
                var named = argument.Clone();
                named.Name = attribute.Name;
                return named;
            }

            if (attribute.G == null && attribute.Graphs.Count == 0) return attribute;
            var renamed = attribute.Clone();
            if (renamed.G != null) Rename(renamed.G);
            foreach (var graph in renamed.Graphs) Rename(graph);
            return renamed;
        }

        private void Rename(GraphProto graph)
        {
            foreach (var value in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo)) value.Name = Rename(value.Name);
            foreach (var initializer in graph.Initializer) initializer.Name = Rename(initializer.Name);
            var nodes = graph.Node.Select(Rename).ToArray();
            graph.Node.Clear();
            graph.Node.AddRange(nodes);
        }
    }
}

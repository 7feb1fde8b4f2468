using Iba.Onnx;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>
/// The tail in parts: a node each, with the rectifier after it, which overwrites its output. Each part is run forward and backward by
/// itself, on what it gets in the network.
/// </summary>
internal sealed class TailParts
{
    private readonly Graph _graph;
    private readonly string _layer;
    private readonly List<Part> _parts = [];

    private sealed record Part(List<GraphNode> Nodes)
    {
        /// <summary>The operators and, for convolutions, their size; known after the first run.</summary>
        public string Kind { get; set; } = "";

        public double GigaFlop { get; set; }

        public string[] Outputs => [.. Nodes[^1].Outputs.Where(name => name.Length > 0)];
    }

    public TailParts(OnnxNetwork network, string layer)
    {
        _graph = network.Graph;
        _layer = layer;
        string[] outputs = [network.OutputTensor];
        var nodes = BatchNormalizationFolding.Run(_graph, GraphSlice.Between(_graph, [layer], outputs), outputs);
        var readers = nodes.SelectMany(node => node.Reads()).CountBy(name => name).ToDictionary();
        foreach (var node in nodes)
        {
            bool follows = _parts.Count > 0 && node.Operator is "Relu" or "Clip" && node.Inputs[0] == _parts[^1].Outputs[0] && readers[node.Inputs[0]] == 1;
            if (follows) _parts[^1].Nodes.Add(node);
            else _parts.Add(new Part([node]));
        }
    }

    /// <summary>Runs and times every part once.</summary>
    public void Run(Tensor features, Laps laps)
    {
        using var scope = NewDisposeScope();
        var values = new Dictionary<string, Tensor> { [_layer] = features };
        foreach (var part in _parts)
        {
            string[] inputs = part.Nodes.SelectMany(node => node.Reads()).Where(values.ContainsKey).Distinct().ToArray();
            var program = new GraphProgram(part.Nodes, inputs, part.Outputs, _graph.Constants);
            var arguments = Array.ConvertAll(inputs, name => (OnnxValue)Leaf(values[name]));
            if (part.Kind.Length == 0) program.Run(arguments, (node, read, written) => Describe(part, node, read, written));
            var results = laps.Time($"{part.Outputs[0]} forward", () => program.Run(arguments)).Select(value => ((TensorValue)value).Tensor).ToArray();
            foreach (var (name, result) in part.Outputs.Zip(results)) values[name] = result;
            if (!results[0].requires_grad) continue;
            var gradient = ones_like(results[0]);
            laps.Time($"{part.Outputs[0]} backward", () => results[0].backward([gradient]));
        }

        static Tensor Leaf(Tensor value) => value.detach().requires_grad_(value.is_floating_point());
    }

    /// <summary>The medians, summed by kind; the longest first.</summary>
    public PartTime[] ByKind(Laps laps)
        => _parts.GroupBy(part => part.Kind)
            .Select(group => PartTime.Sum(group.Key, group.Select(part =>
                new PartTime(part.Kind, 1, part.GigaFlop, laps[$"{part.Outputs[0]} forward"], laps[$"{part.Outputs[0]} backward"]))))
            .OrderByDescending(kind => kind.Forward + kind.Backward)
            .ToArray();

    private static void Describe(Part part, GraphNode node, IReadOnlyList<OnnxValue?> inputs, IReadOnlyList<OnnxValue> outputs)
    {
        string kind = node.Operator;
        if (kind == "Conv" && inputs is [_, TensorValue { Tensor.shape: [_, var depth, .. var window] }, ..])
        {
            kind = $"Conv {string.Join('x', window)}{(depth == 1 ? " depthwise" : "")}, {string.Join('x', ((TensorValue)outputs[0]).Tensor.shape[2..])}";
        }

        part.Kind += part.Kind.Length == 0 ? kind : $" + {kind}";
        part.GigaFlop += 2e-9 * Multiplications.Of(node, inputs, outputs);
    }
}

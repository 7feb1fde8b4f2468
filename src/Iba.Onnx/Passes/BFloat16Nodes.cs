using Iba.Onnx.Schema;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// Lets some nodes compute in bfloat16, by <see cref="BFloat16Rule"/>. A value in bfloat16 has a name of its own; where both are wanted, a cast makes the
/// one of the other, once, and gradients flow back through it.
/// </summary>
internal static class BFloat16Nodes
{
    private const string Suffix = "#bfloat16";

    /// <summary>The nodes of a part of a graph, with casts among them.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="nodes">The part, in an order in which it can run.</param>
    /// <param name="outputs">What is computed: it keeps its type.</param>
    /// <param name="weights">The weights in bfloat16.</param>
    public static List<GraphNode> Run(Graph graph, IReadOnlyList<GraphNode> nodes, IReadOnlyList<string> outputs, BFloat16Weights weights)
    {
        var beforeProducts = BeforeProducts(nodes);
        var changed = new List<GraphNode>(nodes.Count);
        var (narrow, wide, cast) = (new HashSet<string>(), new HashSet<string>(), new HashSet<string>());
        foreach (var node in nodes)
        {
            switch (BFloat16Rule.Of(node, graph.Constants))
            {
                case BFloat16Use.Computes when IsBefore(node, beforeProducts):
                    Narrow(node.Inputs[0]);
                    Add(node with { Inputs = [node.Inputs[0] + Suffix, .. node.Inputs[1..]], Compute = Computation(node, weights) });
                    break;
                case BFloat16Use.Follows when DataOf(node).All(name => narrow.Contains(name) || IsNumber(name)) && DataOf(node).Any(narrow.Contains):
                    Add(Following(node));
                    break;
                default:
                    foreach (string name in node.Reads()) Widen(name);
                    changed.Add(node);
                    break;
            }
        }

        foreach (string name in outputs) Widen(name);
        return changed;

        // The node's first output alone carries numbers.
        void Add(GraphNode node)
        {
            narrow.Add(node.Outputs[0]);
            changed.Add(node with { Outputs = [node.Outputs[0] + Suffix, .. node.Outputs[1..]] });
        }

        void Narrow(string name)
        {
            if (!narrow.Contains(name) && cast.Add(name)) changed.Add(Cast(name, name + Suffix, torch.ScalarType.BFloat16));
        }

        void Widen(string name)
        {
            if (narrow.Contains(name) && wide.Add(name)) changed.Add(Cast(name + Suffix, name, torch.ScalarType.Float32));
        }

        bool IsNumber(string name) => graph.Constants.TryGetValue(name, out var value) && value.Tensor.dtype == torch.ScalarType.Float32;

        GraphNode Following(GraphNode node)
        {
            string[] data = [.. DataOf(node)];
            var compute = node.Compute!;
            return node with
            {
                Inputs = Array.ConvertAll(node.Inputs, name => narrow.Contains(name) && data.Contains(name) ? name + Suffix : name),
                Compute = data.All(narrow.Contains) ? compute : call => compute(call.With(call.Tensors().Select(tensor => (OnnxValue?)tensor.As(torch.ScalarType.BFloat16)).ToArray())),
            };
        }
    }

    /// <summary>Why nothing of a part of a graph would be computed in bfloat16, as a clause; null: something would.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="nodes">The part.</param>
    /// <param name="layer">What comes before it.</param>
    public static string? Objection(Graph graph, IReadOnlyList<GraphNode> nodes, string layer)
    {
        var beforeProducts = BeforeProducts(nodes);
        return nodes.Any(node => BFloat16Rule.Of(node, graph.Constants) == BFloat16Use.Computes && IsBefore(node, beforeProducts))
            ? null
            : $"nothing behind layer '{layer}' is worth it: no convolution of one group and no product with a weight matrix, in float32, comes before the last one, which gives the logits";
    }

    /// <summary>The inputs that are numbers which the output is made of; others are limits and shapes.</summary>
    private static IEnumerable<string> DataOf(GraphNode node) => node.Operator is "Add" or "Concat" ? node.Inputs.Where(name => name.Length > 0) : [node.Inputs[0]];

    private static bool IsBefore(GraphNode node, HashSet<string> beforeProducts) => beforeProducts.Contains(node.Outputs[0]);

    /// <summary>The values that a convolution or product is made of, on whatever way.</summary>
    private static HashSet<string> BeforeProducts(IReadOnlyList<GraphNode> nodes)
    {
        var before = new HashSet<string>();
        foreach (var node in nodes.Reverse())
        {
            if (BFloat16Rule.IsProduct(node) || node.Outputs.Any(before.Contains)) before.UnionWith(node.Reads());
        }

        return before;
    }

    private static Func<OperatorCall, OnnxValue[]> Computation(GraphNode node, BFloat16Weights weights)
    {
        string weight = node.Inputs[1];
        string? bias = node.Inputs.ElementAtOrDefault(2) is { Length: > 0 } name ? name : null;
        return node.Operator switch
        {
            "Conv" => call => [ConvolutionOperators.Conv(call, call[0], weights.Of(weight), Bias(), widens: false)],
            "Gemm" => call => [MatrixOperators.Gemm(call.With(call[0], weights.Of(weight), Bias() is { } tensor ? new TensorValue(tensor) : null), widens: false)],
            _ => call => [MatrixProduct.Multiply(call, call[0], weights.Of(weight), widens: false)],
        };

        torch.Tensor? Bias() => bias == null ? null : weights.Of(bias);
    }

    /// <param name="from">The name that is read.</param>
    /// <param name="to">The name that is written.</param>
    /// <param name="type">The type of what is written.</param>
    private static GraphNode Cast(string from, string to, torch.ScalarType type)
        => new(new NodeProto { OpType = "Cast", Input = { from }, Output = { to } }, Opset: 13, [from], [to], call => [call[0].to(type)], new Dictionary<GraphProto, Graph>());
}

using TorchSharp;

namespace Iba.Onnx;

/// <summary>Computes once, when a model is loaded, every node that reads constants alone.</summary>
internal static class ConstantFolding
{
    // Beyond this the results stay nodes: a small file must not fill the memory by claiming many large constants.
    private const long MostElements = 1L << 29;

    /// <exception cref="OnnxFormatException">A node that reads constants alone cannot be computed.</exception>
    public static void Run(Graph graph)
    {
        long elements = 0;
        var kept = new List<GraphNode>(graph.Nodes.Count);
        using var noGrad = torch.no_grad();
        foreach (var node in graph.Nodes)
        {
            if (!IsConstant(node) || elements > MostElements)
            {
                kept.Add(node);
                continue;
            }

            using var scope = torch.NewDisposeScope();
            var outputs = Compute(node);
            if (outputs.Any(output => output is not TensorValue))
            {
                kept.Add(node);
                continue;
            }

            foreach (var (name, output) in node.Outputs.Where(name => name.Length > 0).Zip(outputs))
            {
                var value = (TensorValue)output;
                // A view would keep alive, and an alias would share the fate of, the constant that it was made from.
                graph.Constants[name] = value with { Tensor = value.Tensor.contiguous().clone().DetachFromDisposeScope() };
                elements += value.Tensor.numel();
            }
        }

        graph.Nodes = kept;

        bool IsConstant(GraphNode node)
            => !OperatorTraits.IsRandom(node) && node.Reads().All(graph.Constants.ContainsKey);

        OnnxValue[] Compute(GraphNode node)
        {
            var reads = node.Reads().ToDictionary(name => name, name => graph.Constants[name]);
            return new GraphProgram([node], [], node.Outputs.Where(name => name.Length > 0).ToArray(), reads).Run([]);
        }
    }
}

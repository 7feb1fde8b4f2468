using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// Puts a batch normalisation into the weights of the convolution before it: W' = W s, b' = (b - mean) s + bias with
/// s = scale / sqrt(variance + epsilon). Done anew for each part of a graph that is run, so that the convolution's own output
/// stays a tensor at which the network can be cut.
/// </summary>
internal static class BatchNormalizationFolding
{
    /// <param name="graph">The graph; new weights are added to its constants, and found there the next time.</param>
    /// <param name="nodes">The part of the graph to run.</param>
    /// <param name="outputs">The names that must be computed.</param>
    public static List<GraphNode> Run(Graph graph, List<GraphNode> nodes, IReadOnlyList<string> outputs)
    {
        var readers = nodes.SelectMany(node => node.Reads()).Concat(outputs).CountBy(name => name).ToDictionary();
        var convolutions = nodes.Where(node => node is { Operator: "Conv", Domain: "", Inputs.Length: >= 2 }).ToDictionary(node => node.Outputs[0]);
        var folded = new List<GraphNode>(nodes.Count);
        var gone = new HashSet<GraphNode>(ReferenceEqualityComparer.Instance);
        foreach (var node in nodes)
        {
            if (IsFoldable(node) && convolutions.TryGetValue(node.Inputs[0], out var convolution)
                && readers[node.Inputs[0]] == 1 && Merge(graph, convolution, node) is { } both)
            {
                gone.Add(convolution);
                folded.Add(both);
            }
            else
            {
                folded.Add(node);
            }
        }

        folded.RemoveAll(gone.Contains);
        return folded;

        bool IsFoldable(GraphNode node)
            => node is { Operator: "BatchNormalization", Domain: "", Opset: >= 7, Inputs.Length: 5 }
                && node.Inputs.Skip(1).All(graph.Constants.ContainsKey)
                && node.Outputs.Skip(1).All(name => name.Length == 0 || !readers.ContainsKey(name))
                && !node.Proto.Attribute.Any(attribute => attribute.Name == "training_mode" && attribute.I != 0);
    }

    /// <summary>Computes folded weights again, in place, after the weights that they were made of have changed.</summary>
    public static void Refresh(Graph graph)
    {
        var writers = graph.Nodes.Where(node => node.Operator == "Conv").ToDictionary(node => node.Outputs[0]);
        foreach (var normalization in graph.Nodes.Where(node => node.Operator == "BatchNormalization" && graph.Constants.ContainsKey(WeightName(node))))
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            var (weight, bias) = Fold(graph, writers[normalization.Inputs[0]], normalization)!.Value;
            graph.Constants[WeightName(normalization)].Tensor.copy_(weight);
            graph.Constants[BiasName(normalization)].Tensor.copy_(bias);
        }
    }

    private static string WeightName(GraphNode normalization) => $"{normalization.Outputs[0]}#weight";

    private static string BiasName(GraphNode normalization) => $"{normalization.Outputs[0]}#bias";

    private static GraphNode? Merge(Graph graph, GraphNode convolution, GraphNode normalization)
    {
        string weightName = WeightName(normalization), biasName = BiasName(normalization);
        if (!graph.Constants.ContainsKey(weightName))
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            if (Fold(graph, convolution, normalization) is not { } folded) return null;
            graph.Constants[weightName] = new TensorValue(folded.Weight.DetachFromDisposeScope());
            graph.Constants[biasName] = new TensorValue(folded.Bias.DetachFromDisposeScope());
        }

        var proto = convolution.Proto.Clone();
        proto.Name = normalization.Proto.Name;
        proto.Output[0] = normalization.Outputs[0];
        return convolution with { Proto = proto, Inputs = [convolution.Inputs[0], weightName, biasName], Outputs = [normalization.Outputs[0]] };
    }

    /// <summary>The weights of both as one convolution's, in the caller's dispose scope; null where they do not fit each other.</summary>
    private static (torch.Tensor Weight, torch.Tensor Bias)? Fold(Graph graph, GraphNode convolution, GraphNode normalization)
    {
        string convolutionBias = convolution.Inputs.ElementAtOrDefault(2) ?? "";
        if (!graph.Constants.TryGetValue(convolution.Inputs[1], out var weight)
            || (convolutionBias.Length > 0 && !graph.Constants.ContainsKey(convolutionBias)))
        {
            return null;
        }

        var parameters = normalization.Inputs[1..].Select(name => graph.Constants[name].Tensor.to(torch.float64)).ToArray();
        var (scale, bias, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3]);
        var w = weight.Tensor;
        if (w.dim() < 3 || parameters.Any(parameter => parameter.dim() != 1 || parameter.shape[0] != w.shape[0])) return null;
        double epsilon = normalization.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "epsilon")?.F ?? 1e-5f;
        var factor = scale / (variance + epsilon).sqrt();
        var shift = convolutionBias.Length > 0 ? graph.Constants[convolutionBias].Tensor.to(torch.float64) - mean : -mean;
        long[] perChannel = [-1, .. Enumerable.Repeat(1L, (int)w.dim() - 1)];

        // Only the factors are float64: large weights in float64 would be what most memory goes to.
        var folded = w * factor.to(w.dtype == torch.float64 ? torch.float64 : torch.float32).reshape(perChannel);
        return (folded.to(w.dtype), ((shift * factor) + bias).to(w.dtype));
    }
}

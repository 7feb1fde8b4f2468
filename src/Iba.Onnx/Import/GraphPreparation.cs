using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>A classifier's graph, ready to be cut: one output, constants folded, no nodes that do nothing.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Output">The name of the output that holds the classes.</param>
/// <param name="Kind">What the output's numbers are: logits where a softmax at the end was taken out.</param>
/// <param name="Aliases">Names that were removed with the nodes that wrote them, and the names that hold the same values.</param>
internal sealed record GraphPreparation(Graph Graph, string Output, OutputKind Kind, IReadOnlyDictionary<string, string> Aliases)
{
    /// <summary>The output as the file names it, and the others that would do.</summary>
    public required OutputChoice Choice { get; init; }

    /// <summary>One name for each class, in order; null where the file has none.</summary>
    public required IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The tensors that nodes write, by the nodes' names, as the file has both.</summary>
    public required ILookup<string, string> NodeOutputs { get; init; }

    /// <exception cref="OnnxFormatException">The model contradicts itself, or has operators that are not supported.</exception>
    /// <exception cref="ArgumentException">There is no output of the wanted name.</exception>
    public static GraphPreparation Prepare(ModelFile file, OnnxNetworkOptions options)
    {
        var weights = file.Weights.Values.Select(weight => weight.Tensor).ToHashSet<torch.Tensor>(ReferenceEqualityComparer.Instance);
        string? asItIs = options.OutputNames == null ? null : OutputJoin.Run(file.Model, options.OutputNames);
        var graph = GraphBuilder.Build(file.Model, OperatorFamilies.Table, file.Weights);
        try
        {
            var choice = asItIs != null ? OutputReader.AsItIs(graph, file.Model.Graph.ValueInfo, asItIs) : OutputReader.Choose(graph, file.Model.Graph.ValueInfo, options.OutputName);
            var output = choice.Value;
            var classNames = ClassNameReader.Find(file.Model, graph, output);
            var handedOn = graph.Outputs.Select(other => LastNode.Of(graph, other.Name)).Where(last => last.Index < 0).Select(last => last.Output).ToHashSet();
            graph.Nodes = GraphSlice.Between(graph, graph.Inputs.Select(input => input.Name), [output.Name]);
            graph.Outputs = [output];
            // ML.NET's files take all columns of the data, and hand on those that they do not read.
            graph.Inputs = graph.Inputs.Where(input => IsRead(graph, input.Name) || !(CannotBeGiven(input) || handedOn.Contains(input.Name))).ToArray();
            var nodeOutputs = graph.Nodes.Where(node => node.Proto.Name.Length > 0)
                .SelectMany(node => node.Outputs.Where(name => name.Length > 0), (node, name) => (Node: node.Proto.Name, Output: name))
                .ToLookup(pair => pair.Node, pair => pair.Output);
            RequireSupport(graph);
            RequireBranches(graph);
            CheckReads(graph);
            ConstantFolding.Run(graph);
            RequireInference(graph);
            var kind = asItIs != null ? OutputKind.Auto : Finish(graph, output, options.RemoveSoftmax);
            var aliases = IdentityRemoval.Run(graph);
            string outputName = aliases.GetValueOrDefault(output.Name, output.Name);
            graph.Outputs = [new ValueInfoProto { Name = outputName, Type = output.Type }];
            if (options.Precision is { } precision) PrecisionChange.Run(graph, precision, weights);
            DropUnread(graph, outputName, weights);
            FiniteWeights.Check(graph);
            WeightLayout.Run(graph, file);
            return new GraphPreparation(graph, outputName, kind, aliases) { Choice = choice, ClassNames = classNames, NodeOutputs = nodeOutputs };
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <summary>Says what the output's numbers are, once a softmax, and what only rescales them, is taken out.</summary>
    private static OutputKind Finish(Graph graph, ValueInfoProto output, bool removeSoftmax)
    {
        var last = LastNode.Of(graph, output.Name);
        bool scaled = ScaleRemoval.IsScaled(graph, last);
        if (!removeSoftmax) return scaled ? OutputKind.Auto : OutputReader.Kind(graph, last, output);
        if (SoftmaxRemoval.Run(graph, last)) return OutputKind.Logits;
        if (scaled && OutputReader.IsProbability(graph, last.In(graph))) ScaleRemoval.Run(graph, last);
        else ScaleRemoval.RemoveLastQuantizer(graph, last);
        return OutputReader.Kind(graph, last, output);
    }

    private static bool IsRead(Graph graph, string input) => graph.Outputs[0].Name == input || graph.Nodes.Any(node => node.Reads().Contains(input));

    /// <summary>A single number (Keras leaves its learning phase among the inputs, also where no node reads it any more), or nothing that tensors hold.</summary>
    private static bool CannotBeGiven(ValueInfoProto input)
        => input.Type?.TensorType is not { } tensor || tensor.Shape is { Dim.Count: 0 } || ElementTypes.Storage((TensorProto.Types.DataType)tensor.ElemType) == null;

    private static void RequireSupport(Graph graph)
    {
        string[] missing = graph.AllNodes().Where(node => node.Compute == null)
            .GroupBy(node => node.Domain.Length > 0 ? $"{node.Domain}.{node.Operator}" : node.Operator)
            .OrderByDescending(nodes => nodes.Count())
            .Select(nodes => $"{nodes.Key} ({nodes.Count()} {(nodes.Count() == 1 ? "node" : "nodes")}, for example {nodes.First().Label})")
            .ToArray();
        if (missing.Length > 0)
        {
            string advice = graph.AllNodes().Any(node => node.Domain == "com.microsoft.nchwc")
                // Such a file does not say how wide the blocks of channels are, so that nobody can read its weights for certain.
                ? " OnnxRuntime wrote the domain com.microsoft.nchwc for one kind of processor: optimise at the level ORT_ENABLE_EXTENDED, or load the file that was optimised."
                : graph.AllNodes().Any(node => node.Domain == OperatorTable.MachineLearning && node.Operator.StartsWith("TreeEnsemble", StringComparison.Ordinal))
                    ? " Trees are constant between their thresholds, and have no gradient by which a map could be found."
                    : "";
            throw new OnnxFormatException($"The model has operators that are not supported: {string.Join("; ", missing)}.{advice}");
        }
    }

    private static void RequireBranches(Graph graph)
    {
        foreach (var node in graph.AllNodes().Where(node => node is { Domain: "", Operator: "If" }))
        {
            foreach (string branch in (string[])["then_branch", "else_branch"])
            {
                if (node.Proto.Attribute.Any(attribute => attribute.Name == branch && attribute.G != null)) continue;
                throw new OnnxFormatException($"Node {node.Label} has no {branch}: nothing says what it gives where its condition is {(branch == "then_branch" ? "true" : "false")}.");
            }
        }
    }

    /// <summary>Over weights alone (weight standardisation) the batch's own statistics are constants, and folded by now.</summary>
    private static void RequireInference(Graph graph)
    {
        if (graph.AllNodes().FirstOrDefault(node => node is { Domain: "", Operator: "BatchNormalization" } && BatchNormalizationOperators.IsTraining(node.Proto, node.Opset)) is { } node)
        {
            throw new OnnxFormatException(
                $"Node {node.Label} is in training mode: it would normalise each row with the others' statistics. Only inference is supported; export the network in evaluation mode.");
        }
    }

    private static void CheckReads(Graph graph)
    {
        var known = graph.Inputs.Select(input => input.Name).Concat(graph.Constants.Keys).Concat(graph.Nodes.SelectMany(node => node.Outputs)).ToHashSet();
        foreach (var node in graph.Nodes)
        {
            if (node.Reads().FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            {
                throw new OnnxFormatException($"Node {node.Label} reads '{unknown}', which nothing writes.");
            }
        }

        if (!known.Contains(graph.Outputs[0].Name)) throw new OnnxFormatException($"Nothing writes the output '{graph.Outputs[0].Name}'.");
    }

    private static void DropUnread(Graph graph, string output, HashSet<torch.Tensor> weights)
    {
        var read = graph.Nodes.SelectMany(node => node.Reads()).Append(output).ToHashSet();
        foreach (var (name, value) in graph.Constants.Where(constant => !read.Contains(constant.Key)).ToArray())
        {
            graph.Constants.Remove(name);
            if (!weights.Contains(value.Tensor)) value.Tensor.Dispose();
        }
    }
}

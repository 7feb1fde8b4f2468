namespace Iba.Onnx;

/// <summary>
/// Tells from the operators around a tensor where its channels are: convolutions, pools and batch normalisations have them in dimension 1,
/// layer normalisations over the last axis have them there. What works element by element hands it on, in both directions.
/// </summary>
internal static class ChannelTrace
{
    /// <summary>The channels are in dimension 1.</summary>
    public const int First = 1;

    /// <summary>The channels are in the last dimension.</summary>
    public const int Last = -1;

    private static readonly HashSet<string> ChannelsFirst =
    [
        "Conv", "ConvTranspose", "QLinearConv", "ConvInteger", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool",
        "BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN",
    ];

    private static readonly HashSet<string> ElementByElement =
    [
        "Relu", "LeakyRelu", "PRelu", "Elu", "Celu", "Selu", "Gelu", "Mish", "Swish", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Softplus", "Softsign",
        "ThresholdedRelu", "Erf", "Exp", "Sqrt", "Abs", "Neg", "Clip", "Identity", "Dropout", "Cast", "QuantizeLinear", "DequantizeLinear", "Pad", "Add", "Sub",
        "Mul", "Div", "Max", "Min", "Pow", "Sum", "Where", "Concat", "Resize", "Upsample",
    ];

    /// <summary>For each tensor that the operators tell something about, <see cref="First"/> or <see cref="Last"/>.</summary>
    public static IReadOnlyDictionary<string, int> Of(Graph graph)
    {
        var told = new Dictionary<string, int>();
        var contradicted = new HashSet<string>();
        foreach (var node in graph.Nodes)
        {
            if (Own(node) is not { } place || node.Inputs.Length == 0) continue;
            Tell(node.Inputs[0], place);
            Tell(node.Outputs[0], place);
        }

        // Forwards and backwards until nothing new is told: residual branches need a few rounds, whatever the depth.
        for (int before = -1; before != told.Count;)
        {
            before = told.Count;
            foreach (var node in graph.Nodes) HandOn(node);
            foreach (var node in Enumerable.Reverse(graph.Nodes)) HandOn(node);
        }

        foreach (string name in contradicted) told.Remove(name);
        return told;

        void HandOn(GraphNode node)
        {
            if (node.Domain.Length > 0 || !ElementByElement.Contains(node.Operator) || node.Outputs.Length == 0) return;
            string[] tensors = node.Inputs.Where(name => name.Length > 0 && !graph.Constants.ContainsKey(name)).Append(node.Outputs[0]).ToArray();
            int[] places = tensors.Where(told.ContainsKey).Select(name => told[name]).Distinct().ToArray();
            if (places.Length > 1) contradicted.UnionWith(tensors);
            if (places.Length != 1) return;
            foreach (string name in tensors) Tell(name, places[0]);
        }

        void Tell(string name, int place)
        {
            if (graph.Constants.ContainsKey(name)) return;
            if (!told.TryAdd(name, place) && told[name] != place) contradicted.Add(name);
        }
    }

    private static int? Own(GraphNode node)
    {
        if (node.Outputs.Length == 0) return null;
        if (node.Domain.Length == 0 && ChannelsFirst.Contains(node.Operator)) return First;
        bool isLayerNormalization = node is { Domain: "", Operator: "LayerNormalization" or "RMSNormalization" }
            or { Domain: "com.microsoft", Operator: "SkipLayerNormalization" };
        return isLayerNormalization && (node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "axis")?.I ?? -1) == -1
            ? Last
            : null;
    }
}

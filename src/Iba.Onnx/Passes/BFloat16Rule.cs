using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// Which nodes compute in bfloat16, by operator, shapes of weights and attributes alone: nothing is timed, so that every process has the same bits.
/// <list type="bullet">
/// <item>Convolutions of one group, and products with a weight matrix, compute in it: processors and GPUs have instructions for these sums.</item>
/// <item>Convolutions of several groups (depthwise ones) do not: they sum few products, and wait for memory in float32 as well.</item>
/// <item>Rectifiers, limits, sums, largest values of windows and rearrangements follow, so that no cast stands between two convolutions.</item>
/// <item>All else does not: means and normalisations sum many values, exponentials magnify rounding.</item>
/// </list>
/// </summary>
internal static class BFloat16Rule
{
    /// <summary>Operators that move values, whose first input is the data.</summary>
    private static readonly HashSet<string> Rearrangements = ["Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"];

    /// <summary>Operators that sum products with weights.</summary>
    private static readonly HashSet<string> Products =
        ["Conv", "ConvTranspose", "FusedConv", "FusedGemm", "FusedMatMul", "FusedMatMulActivation", "Gemm", "MatMul", "TransposeMatMul"];

    /// <summary>Whether a node sums products: behind the last of them come the logits.</summary>
    public static bool IsProduct(GraphNode node) => Products.Contains(node.Operator);

    /// <param name="node">Any node.</param>
    /// <param name="constants">The graph's constants.</param>
    public static BFloat16Use Of(GraphNode node, IReadOnlyDictionary<string, TensorValue> constants)
    {
        if (node.Domain.Length > 0 || node.Inputs.Length == 0 || node.Subgraphs.Count > 0) return BFloat16Use.None;
        return node.Operator switch
        {
            "Conv" => Use(IsWeight(1, rank: null) && IsBias(2) && Attribute("group", 1) == 1, BFloat16Use.Computes),
            "Gemm" => Use(IsWeight(1, rank: 2) && IsBias(2) && Attribute("transA", 0) == 0, BFloat16Use.Computes),
            "MatMul" => Use(IsWeight(1, rank: 2), BFloat16Use.Computes),
            "Relu" or "Add" or "Concat" => BFloat16Use.Follows,
            "Clip" => Use(node.Inputs.Skip(1).All(name => name.Length == 0 || constants.ContainsKey(name)), BFloat16Use.Follows),
            "MaxPool" => Use(node.Outputs.Skip(1).All(name => name.Length == 0), BFloat16Use.Follows),
            var name => Use(Rearrangements.Contains(name), BFloat16Use.Follows),
        };

        static BFloat16Use Use(bool holds, BFloat16Use use) => holds ? use : BFloat16Use.None;

        long Attribute(string name, long otherwise) => node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? otherwise;

        bool IsBias(int index) => node.Inputs.Length <= index || node.Inputs[index].Length == 0 || IsConstant(index, out _);

        bool IsWeight(int index, int? rank) => node.Inputs.Length > index && IsConstant(index, out var weight) && (rank == null ? weight!.dim() >= 3 : weight!.dim() == rank);

        bool IsConstant(int index, out torch.Tensor? tensor)
        {
            tensor = constants.TryGetValue(node.Inputs[index], out var value) ? value.Tensor : null;
            return tensor is { dtype: torch.ScalarType.Float32 };
        }
    }
}

namespace Iba.Onnx;

/// <summary>What the passes over a graph know about operators beside how to compute them.</summary>
internal static class OperatorTraits
{
    /// <summary>Operators whose inputs from this index on say how large the output is (or how to cut it), not what is in it.</summary>
    private static readonly Dictionary<string, int> FirstShapeInput = new()
    {
        ["Reshape"] = 1, ["Expand"] = 1, ["Tile"] = 1, ["Slice"] = 1, ["Pad"] = 1, ["Resize"] = 1, ["Upsample"] = 1, ["OneHot"] = 1,
        ["TopK"] = 1, ["Split"] = 1, ["SplitToSequence"] = 1, ["Squeeze"] = 1, ["Unsqueeze"] = 1, ["CenterCropPad"] = 1,
        ["Col2Im"] = 1, ["AffineGrid"] = 1, ["MaxUnpool"] = 2, ["ConstantOfShape"] = 0, ["Range"] = 0,
        ["ReduceSum"] = 1, ["ReduceMean"] = 1, ["ReduceMax"] = 1, ["ReduceMin"] = 1, ["ReduceProd"] = 1, ["ReduceL1"] = 1,
        ["ReduceL2"] = 1, ["ReduceLogSum"] = 1, ["ReduceLogSumExp"] = 1, ["ReduceSumSquare"] = 1,
    };

    /// <summary>Operators whose output's size depends on values in ways that are not followed.</summary>
    private static readonly HashSet<string> OpenShape =
    [
        "NonZero", "Compress", "Unique", "NonMaxSuppression", "If", "Loop", "Scan", "SequenceMap", "SequenceAt", "SequenceInsert",
        "SequenceErase", "SequenceConstruct", "SequenceEmpty", "SequenceLength", "ConcatFromSequence", "Optional", "OptionalGetElement",
        "OptionalHasElement",
    ];

    /// <summary>Operators through which no gradient flows: what comes out of them counts as a mask or a shape.</summary>
    private static readonly HashSet<string> Comparisons =
    [
        "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or", "Xor", "IsNaN", "IsInf", "ArgMax", "ArgMin",
        "NonZero", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot", "BitShift",
    ];

    private static readonly HashSet<string> Randoms =
        ["RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"];

    /// <summary>Operators whose output is new memory that their own gradient does not read, so that it may be overwritten.</summary>
    private static readonly HashSet<string> OutputsMayBeOverwritten = ["Conv", "ConvTranspose", "BatchNormalization", "Gemm"];

    /// <summary>Whether input <paramref name="index"/> says how large the output is.</summary>
    public static bool IsShapeInput(GraphNode node, int index)
        => node.Domain.Length == 0 && FirstShapeInput.TryGetValue(node.Operator, out int first) && index >= first && !IsValue(node.Operator, index);

    /// <summary>Whether only the shapes of the inputs are read.</summary>
    public static bool ReadsShapesOnly(GraphNode node) => node.Domain.Length == 0 && node.Operator is "Shape" or "Size";

    public static bool HasOpenShape(GraphNode node) => OpenShape.Contains(node.Operator);

    public static bool IsComparison(GraphNode node) => node.Domain.Length == 0 && Comparisons.Contains(node.Operator);

    public static bool IsRandom(GraphNode node) => Randoms.Contains(node.Operator);

    public static bool OutputMayBeOverwritten(GraphNode node) => node.Domain.Length == 0 && OutputsMayBeOverwritten.Contains(node.Operator);

    /// <summary>Pad's fill value and OneHot's two values are data.</summary>
    private static bool IsValue(string name, int index) => (name == "Pad" && index == 2) || (name == "OneHot" && index == 2);
}

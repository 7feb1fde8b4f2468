namespace Iba.Onnx;

/// <summary>What the passes over a graph know about operators beside how to compute them.</summary>
internal static class OperatorTraits
{
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
        => node.Domain.Length == 0 && index >= FirstShapeInput(node.Operator) && !IsValue(node.Operator, index);

    /// <summary>Whether only the shapes of the inputs are read.</summary>
    public static bool ReadsShapesOnly(GraphNode node) => node.Domain.Length == 0 && node.Operator is "Shape" or "Size";

    /// <summary>Whether a node takes one statistic of all rows of a batch.</summary>
    public static bool MixesRows(GraphNode node) => (node.Domain, node.Operator) switch
    {
        // An axis from the end may be the batch, too: the rank is not known here.
        ("", "MeanVarianceNormalization") => node.Proto.Attribute.FirstOrDefault(attribute => attribute.Name == "axes")?.Ints.Any(axis => axis is 0 or < -2) ?? true,
        ("", "DynamicQuantizeLinear") or ("com.microsoft", "DynamicQuantizeMatMul") => true,
        _ => false,
    };

    public static bool HasOpenShape(GraphNode node) => OpenShape.Contains(node.Operator);

    public static bool IsComparison(GraphNode node) => node.Domain.Length == 0 && Comparisons.Contains(node.Operator);

    /// <summary>Whether a node turns numbers into quantised ones, or back.</summary>
    public static bool IsQuantizer(GraphNode node) => node is { Domain: "" or "com.microsoft", Operator: "QuantizeLinear" or "DequantizeLinear" };

    public static bool IsRandom(GraphNode node) => Randoms.Contains(node.Operator);

    public static bool OutputMayBeOverwritten(GraphNode node) => node.Domain.Length == 0 && OutputsMayBeOverwritten.Contains(node.Operator);

    /// <summary>The index from which on inputs say how large the output is (or how to cut it), not what is in it.</summary>
    private static int FirstShapeInput(string name) => name switch
    {
        "ConstantOfShape" or "Range" => 0,
        "Reshape" or "Expand" or "Tile" or "Slice" or "Pad" or "Resize" or "Upsample" or "OneHot" or "TopK" or "Split"
            or "SplitToSequence" or "Squeeze" or "Unsqueeze" or "CenterCropPad" or "Col2Im" or "AffineGrid" or "ReduceSum"
            or "ReduceMean" or "ReduceMax" or "ReduceMin" or "ReduceProd" or "ReduceL1" or "ReduceL2" or "ReduceLogSum"
            or "ReduceLogSumExp" or "ReduceSumSquare" => 1,
        "MaxUnpool" => 2,
        _ => int.MaxValue,
    };

    /// <summary>Pad's fill value and OneHot's two values are data.</summary>
    private static bool IsValue(string name, int index) => (name == "Pad" && index == 2) || (name == "OneHot" && index == 2);
}

namespace Iba.Onnx.Tests;

/// <summary>What has no gradient to be checked, and why.</summary>
internal static class NotDifferentiable
{
    /// <summary>Operators without a gradient of their own.</summary>
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string[]>
    {
        ["its result is true or false"] =
        [
            "And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "OptionalHasElement", "Or",
            "Xor",
        ],
        ["it is constant almost everywhere"] =
        [
            "ArgMax", "ArgMin", "Ceil", "Floor", "Hardmax", "NonZero", "Round", "Sign",
        ],
        ["it works on integers or bits"] =
        [
            "BitCast", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Unique",
        ],
        ["its result depends on sizes and settings only"] =
        [
            "BlackmanWindow", "Constant", "ConstantOfShape", "EyeLike", "HammingWindow", "HannWindow", "MelWeightMatrix", "Range",
            "Shape", "Size",
        ],
        ["it rounds; its gradient is the straight-through one, tested with the quantised operators"] =
        [
            "ConvInteger", "DynamicQuantizeLinear", "MatMulInteger", "QLinearConv", "QLinearMatMul", "QuantizeLinear",
            "com.microsoft::DequantizeLinear", "com.microsoft::DynamicQuantizeMatMul", "com.microsoft::MatMulIntegerToFloat",
            "com.microsoft::NhwcMaxPool", "com.microsoft::QAttention", "com.microsoft::QGemm", "com.microsoft::QLinearAdd",
            "com.microsoft::QLinearAveragePool", "com.microsoft::QLinearConcat",
            "com.microsoft::QLinearConv", "com.microsoft::QLinearGlobalAveragePool", "com.microsoft::QLinearLeakyRelu",
            "com.microsoft::QLinearMul", "com.microsoft::QLinearReduceMean", "com.microsoft::QLinearSigmoid",
            "com.microsoft::QLinearSoftmax", "com.microsoft::QLinearWhere", "com.microsoft::QuantizeLinear",
        ],
        ["it runs graphs or passes whole values on; the gradient is that of what it runs or passes"] =
        [
            "ConcatFromSequence", "If", "Loop", "Optional", "OptionalGetElement", "Scan", "SequenceAt", "SequenceConstruct",
            "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "SequenceMap", "SplitToSequence",
        ],
    }
    .SelectMany(group => group.Value.Select(name => (Name: name, Reason: group.Key))).ToDictionary(pair => pair.Name, pair => pair.Reason);

    /// <summary>The inputs with a gradient, where others are settings: sizes, ratios, positions.</summary>
    private static readonly Dictionary<string, int[]> Differentiable = new()
    {
        ["AffineGrid"] = [0],
        // Node tests of casts go to narrow types; those of Mod divide by zero.
        ["Cast"] = [],
        ["CastLike"] = [],
        ["Mod"] = [],
        ["Clip"] = [0],
        ["Dropout"] = [0],
        ["Pad"] = [0],
        ["Resize"] = [0],
        ["RoiAlign"] = [0],
        ["MaxRoiPool"] = [0],
        ["Upsample"] = [0],
    };

    /// <summary>Whether a float input of an operator has a gradient.</summary>
    public static bool HasGradient(string name, int input) => !Differentiable.TryGetValue(name, out int[]? inputs) || inputs.Contains(input);
}

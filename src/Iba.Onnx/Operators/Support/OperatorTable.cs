using TorchSharp;

namespace Iba.Onnx.Operators;

/// <summary>The operators that are claimed, by domain and name. Each family registers its own, in a file of its own.</summary>
internal sealed class OperatorTable
{
    private readonly Dictionary<(string Domain, string Name), Func<OperatorCall, OnnxValue[]>> _operators = [];

    /// <summary>The table of all operators.</summary>
    public static OperatorTable Default { get; } = Create();

    /// <summary>Adds an operator with one tensor output.</summary>
    public void Add(string name, Func<OperatorCall, torch.Tensor> compute, string domain = "")
        => _operators.Add((domain, name), call => [compute(call)]);

    /// <summary>Adds an operator whose only output has the element type of one input, also where that type is stored wider.</summary>
    public void AddKeepingType(string name, Func<OperatorCall, torch.Tensor> compute, int input = 0, string domain = "")
        => AddMany(name, call => [NarrowTypes.As(compute(call), call.WidenedFrom(input))], domain);

    /// <summary>Adds an operator with several outputs, or outputs that are no tensors.</summary>
    public void AddMany(string name, Func<OperatorCall, OnnxValue[]> compute, string domain = "")
        => _operators.Add((domain, name), compute);

    /// <summary>The operator's implementation, or null where it is not claimed. The domain "ai.onnx" is "".</summary>
    public Func<OperatorCall, OnnxValue[]>? Find(string domain, string name)
        => _operators.GetValueOrDefault((domain == "ai.onnx" ? "" : domain, name));

    /// <summary>Every operator that is claimed.</summary>
    public IEnumerable<(string Domain, string Name)> Claimed => _operators.Keys;

    private static OperatorTable Create()
    {
        var table = new OperatorTable();
        // One line for each family, in alphabetical order:
        ActivationOperators.Register(table);
        AlongAxisOperators.Register(table);
        ArithmeticOperators.Register(table);
        AttentionOperators.Register(table);
        BatchNormalizationOperators.Register(table);
        BitwiseOperators.Register(table);
        BlockQuantizedOperators.Register(table);
        CastOperators.Register(table);
        ComparisonOperators.Register(table);
        ConstantOperators.Register(table);
        ControlFlowOperators.Register(table);
        ConvolutionOperators.Register(table);
        DeformableConvolutionOperator.Register(table);
        EinsumOperator.Register(table);
        GatherOperators.Register(table);
        GlobalPoolOperators.Register(table);
        GridSampleOperators.Register(table);
        LinearAttentionOperator.Register(table);
        LossOperators.Register(table);
        MathOperators.Register(table);
        MatrixOperators.Register(table);
        MicrosoftAttentionOperators.Register(table);
        MicrosoftNormalizationOperators.Register(table);
        MicrosoftOperators.Register(table);
        NormalizationOperators.Register(table);
        PadOperators.Register(table);
        PoolOperators.Register(table);
        QuantizeOperators.Register(table);
        QuantizedActivationOperators.Register(table);
        QuantizedOperators.Register(table);
        RearrangementOperators.Register(table);
        RecurrentOperators.Register(table);
        ReductionOperators.Register(table);
        RegionPoolOperators.Register(table);
        ResizeOperators.Register(table);
        RotaryEmbeddingOperators.Register(table);
        ScanOperators.Register(table);
        ScatterOperators.Register(table);
        SequenceOperators.Register(table);
        ShapeOperators.Register(table);
        SignalOperators.Register(table);
        SliceOperators.Register(table);
        SoftmaxOperators.Register(table);
        return table;
    }
}

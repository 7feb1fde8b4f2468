namespace Iba.Onnx;

/// <summary>All families of operators, each in a file of its own.</summary>
internal static class OperatorFamilies
{
    /// <summary>The operators that are claimed.</summary>
    public static OperatorTable Table { get; } = Create();

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

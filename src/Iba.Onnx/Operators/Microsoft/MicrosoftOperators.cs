using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Operators that OnnxRuntime's optimiser puts in the place of several standard ones: fused products and activations.</summary>
internal static class MicrosoftOperators
{
    private const string Domain = OperatorTable.Microsoft;

    public static void Register(OperatorTable table)
    {
        table.Add("BiasAdd", call => Sum(call, Sum(call, call[0], call[1]), call[2]), Domain);
        table.Add("BiasGelu", call => Gelu(Sum(call, call[0], call[1])), Domain);
        table.Add("BiasSoftmax", BiasSoftmax, Domain);
        table.Add("BiasSplitGelu", BiasSplitGelu, Domain);
        table.Add("FastGelu", FastGelu, Domain);
        table.Add("FusedConv", FusedConv, Domain);
        table.Add("FusedGemm", call => FusedActivation.Apply(call, MatrixOperators.Gemm(call)), Domain);
        table.Add("FusedMatMul", FusedMatMul, Domain);
        table.Add("FusedMatMulActivation", call => FusedActivation.Apply(call, FusedMatMul(call)), Domain);
        table.Add("Gelu", call => Gelu(call[0]), Domain);
        table.Add("QuickGelu", QuickGelu, Domain);
        table.Add("TransposeMatMul", FusedMatMul, Domain);
    }

    private static Tensor Gelu(Tensor input) => nn.functional.gelu(input.Widen()).As(input.dtype);

    private static Tensor FastGelu(OperatorCall call)
    {
        var data = call.Optional(1) is { } bias ? Sum(call, call[0], bias) : call[0];
        return nn.functional.gelu(data.Widen(), TorchSharp.Modules.GELU.Approximate.tanh).As(data.dtype);
    }

    private static Tensor QuickGelu(OperatorCall call)
    {
        var data = call[0].Widen();
        return (data * (data * call.Float("alpha", 1.702f)).sigmoid()).As(call[0].dtype);
    }

    private static Tensor BiasSplitGelu(OperatorCall call)
    {
        var data = Sum(call, call[0], call[1]);
        if (data.shape[^1] % 2 != 0) throw call.Error($"the last dimension of {data.ShapeText()} cannot be halved");
        var halves = data.chunk(2, -1);
        return halves[0] * Gelu(halves[1]);
    }

    /// <summary>The bias lacks some dimensions: those after the batch ones where it is broadcast "inner", leading ones otherwise.</summary>
    private static Tensor BiasSoftmax(OperatorCall call)
    {
        var (data, bias) = (call[0], call[1]);
        int axis = call.Axis(call.Int("axis", 1), data.dim());
        bool inner = call.Flag("is_inner_broadcast", otherwise: true);
        if (inner && bias.dim() < data.dim())
        {
            int own = (int)(bias.dim() - (data.dim() - axis));
            if (own < 0) throw call.Error($"a bias of shape {bias.ShapeText()} does not go with {data.ShapeText()}");
            bias = bias.reshape([.. bias.shape[..own], .. TensorChecks.Repeated(1, (int)(data.dim() - bias.dim())), .. bias.shape[own..]]);
        }

        var rows = Sum(call, data, bias).Widen().flatten(axis);
        return rows.softmax(-1).reshape(data.shape).As(data.dtype);
    }

    private static Tensor FusedConv(OperatorCall call)
    {
        var output = ConvolutionOperators.Conv(call, call[0], call[1], call.Optional(2));
        return FusedActivation.Apply(call, call.Optional(3) is { } addend ? Sum(call, output, addend) : output);
    }

    private static Tensor FusedMatMul(OperatorCall call)
    {
        var left = Arranged(call[0], call.Flag("transBatchA"), call.Flag("transA"));
        var right = Arranged(call[1], call.Flag("transBatchB"), call.Flag("transB"));
        var product = MatrixProduct.Multiply(call, left, right);
        return call.Float("alpha", 1) is var alpha && alpha == 1 ? product : product * alpha;
    }

    /// <summary>Transposes the matrices, or brings the first dimension before the last one ("batch transposed"), or both.</summary>
    private static Tensor Arranged(Tensor tensor, bool batch, bool transposed)
    {
        if (tensor.dim() < 2) return tensor;
        if (batch && tensor.dim() > 2) tensor = tensor.movedim([0], [tensor.dim() - 2]);
        return transposed ? tensor.transpose(-1, -2) : tensor;
    }

    public static Tensor Sum(OperatorCall call, Tensor left, Tensor right)
    {
        var (one, other) = Broadcasting.Operands(call, left, right);
        return one + other.As(one.dtype);
    }
}

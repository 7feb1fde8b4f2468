using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>
/// Products and convolutions of quantised values, computed as floats. The standard's come first, then those of OnnxRuntime's
/// <c>com.microsoft</c> domain.
/// </summary>
internal sealed class QuantizedOperators
{
    private const string Microsoft = OperatorTable.Microsoft;

    private readonly OperatorTable _table;

    private QuantizedOperators(OperatorTable table) => _table = table;

    public static void Register(OperatorTable table)
    {
        var family = new QuantizedOperators(table);
        table.AddMany("MatMulInteger", call => [family.MatMulInteger(call)]);
        table.AddMany("ConvInteger", call => [family.ConvInteger(call)]);
        table.AddMany("QLinearMatMul", call => [family.QLinearMatMul(call)]);
        table.AddMany("QLinearConv", call => [family.QLinearConv(call)]);
        table.AddMany("QLinearConv", call => [family.QLinearConv(call)], Microsoft);
        table.AddMany("QGemm", call => [family.QGemm(call)], Microsoft);
        table.Add("MatMulIntegerToFloat", call => family.ScaledProduct(
            call, (call[0], call[2], call.Optional(4)), (call[1], call[3], call.Optional(5)), call.Optional(6)), Microsoft);
        table.Add("DynamicQuantizeMatMul", family.DynamicQuantizeMatMul, Microsoft);
    }

    private TensorValue MatMulInteger(OperatorCall call)
    {
        var type = Exact(call[0], call[1]);
        var left = Quantization.Centre(call[0], PerRow(call.Optional(2)), type);
        var right = Quantization.Centre(call[1], call.Optional(3), type);
        return Integers(Compute(call, "MatMul", left, right));
    }

    private TensorValue ConvInteger(OperatorCall call)
    {
        var type = Exact(call[0], call[1]);
        var input = Quantization.Centre(call[0], call.Optional(2), type);
        var filter = Quantization.Centre(call[1], PerFilter(call.Optional(3), call[1]), type);
        return Integers(Compute(call, "Conv", input, filter));
    }

    private TensorValue QLinearMatMul(OperatorCall call)
    {
        var product = ScaledProduct(call, (call[0], call[1], call.Optional(2)), (call[3], call[4], call.Optional(5)), bias: null);
        return Quantization.Quantize(product, PerRow(call[6])!.to(product.dtype), PerRow(call.Optional(7)), OutputType(call, 7));
    }

    private TensorValue QLinearConv(OperatorCall call)
    {
        var filter = call[3];
        // OnnxRuntime's optimiser writes convolutions with the channels of input and output last; the filters are as ever.
        bool last = call.Flag("channels_last") && call[0].dim() > 2;
        // Integers first, scales last: sums of small integers are exact in float32.
        var input = Quantization.Centre(last ? call[0].movedim([-1], [1]) : call[0], call.Optional(2), ScalarType.Float32);
        var centred = Quantization.Centre(filter, PerFilter(call.Optional(5), filter), ScalarType.Float32);
        var bias = call.Optional(8)?.to(ScalarType.Float32);
        var sums = bias is null ? Compute(call, "Conv", input, centred) : Compute(call, "Conv", input, centred, bias);
        var scale = (call[1] * call[4]).reshape([1, -1, .. Enumerable.Repeat(1L, (int)Math.Max(filter.dim() - 2, 0))]);
        var output = sums * scale;
        return Quantization.Quantize(last ? output.movedim([1], [-1]) : output, call[6], call.Optional(7), OutputType(call, 7));
    }

    private TensorValue QGemm(OperatorCall call)
    {
        var left = call.Flag("transA") ? call[0].t() : call[0];
        var right = call.Flag("transB") ? call[3].t() : call[3];
        var scale = call[1] * call[4] * call.Float("alpha", 1);
        var product = Compute(
            call,
            "MatMul",
            Quantization.Centre(left, call.Optional(2), ScalarType.Float32),
            Quantization.Centre(right, call.Optional(5), ScalarType.Float32));
        if (call.Optional(6) is { } bias) product = Compute(call, "Add", product, bias.to(product.dtype));
        product = product * scale;
        return call.Optional(7) is { } outputScale
            ? Quantization.Quantize(product, outputScale, call.Optional(8), OutputType(call, 8))
            : new TensorValue(product);
    }

    private Tensor DynamicQuantizeMatMul(OperatorCall call)
    {
        var quantized = QuantizeOperators.DynamicQuantizeLinear(call[0]).Cast<TensorValue>().Select(value => value.Tensor).ToArray();
        return ScaledProduct(call, (quantized[0], quantized[1], quantized[2]), (call[1], call[2], call.Optional(3)), call.Optional(4));
    }

    /// <summary>The product of two quantised matrices as numbers; rows of the left and columns of the right may have their own scales.</summary>
    private Tensor ScaledProduct(
        OperatorCall call,
        (Tensor Values, Tensor Scale, Tensor? ZeroPoint) left,
        (Tensor Values, Tensor Scale, Tensor? ZeroPoint) right,
        Tensor? bias)
    {
        var product = Compute(
            call,
            "MatMul",
            Quantization.Centre(left.Values, PerRow(left.ZeroPoint), ScalarType.Float32),
            Quantization.Centre(right.Values, right.ZeroPoint, ScalarType.Float32));
        product = product * PerRow(left.Scale)!.to(ScalarType.Float32) * right.Scale.to(ScalarType.Float32);
        return bias is null ? product : Compute(call, "Add", product, bias);
    }

    /// <summary>Hands over to a standard operator, which also checks the shapes.</summary>
    private Tensor Compute(OperatorCall call, string name, params Tensor[] inputs)
    {
        var compute = _table.Find("", name) ?? throw call.Error($"is computed by way of {name}, which is not supported");
        return ((TensorValue)compute(call.With(inputs.Select(input => (OnnxValue?)input).ToArray()))[0]).Tensor;
    }

    /// <summary>What the result holds: the type of its zero point, or of the first input where there is none.</summary>
    private static ElementType OutputType(OperatorCall call, int zeroPoint)
        => call.Optional(zeroPoint) is null ? call.ElementType(0) : call.ElementType(zeroPoint);

    /// <summary>A vector with one number for each row of a matrix, as a column.</summary>
    private static Tensor? PerRow(Tensor? parameter)
        => parameter is { } vector && vector.dim() == 1 && vector.numel() > 1 ? vector.unsqueeze(1) : parameter;

    /// <summary>A vector with one number for each filter, in a shape that broadcasts over the filters.</summary>
    private static Tensor? PerFilter(Tensor? parameter, Tensor filters)
        => parameter is { } vector && vector.numel() > 1 ? Broadcasting.Before(vector, filters.dim() - 1) : parameter;

    /// <summary>float64, in which sums of 32-bit products are exact; float32 where a gradient flows.</summary>
    private static ScalarType Exact(Tensor left, Tensor right)
        => is_grad_enabled() && (left.requires_grad || right.requires_grad) ? ScalarType.Float32 : ScalarType.Float64;

    private static TensorValue Integers(Tensor sums)
        => sums.requires_grad ? new TensorValue(sums, ElementType.Int32) : new TensorValue(sums.to(ScalarType.Int64).to(ScalarType.Int32));
}

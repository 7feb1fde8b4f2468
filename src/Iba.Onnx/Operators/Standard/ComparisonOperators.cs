using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Comparisons, logic on booleans, and tests for special numbers.</summary>
internal static class ComparisonOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("Equal", call => Binary(call, (a, b) => a.eq(b)));
        table.Add("Greater", call => Binary(call, (a, b) => a.gt(b)));
        table.Add("GreaterOrEqual", call => Binary(call, (a, b) => a.ge(b)));
        table.Add("Less", call => Binary(call, (a, b) => a.lt(b)));
        table.Add("LessOrEqual", call => Binary(call, (a, b) => a.le(b)));
        table.Add("And", call => Binary(call, (a, b) => a.logical_and(b)));
        table.Add("Or", call => Binary(call, (a, b) => a.logical_or(b)));
        table.Add("Xor", call => Binary(call, (a, b) => a.logical_xor(b)));
        table.Add("Not", call => call[0].logical_not());
        table.Add("IsNaN", call => call[0].isnan());
        table.Add("IsInf", IsInf);
    }

    private static Tensor Binary(OperatorCall call, Func<Tensor, Tensor, Tensor> compute)
    {
        var (left, right) = Broadcasting.Operands(call);
        return compute(left, right);
    }

    private static Tensor IsInf(OperatorCall call)
    {
        var input = call[0];
        return (call.Flag("detect_negative", true), call.Flag("detect_positive", true)) switch
        {
            (true, true) => input.isinf(),
            (true, false) => input.eq(double.NegativeInfinity),
            (false, true) => input.eq(double.PositiveInfinity),
            _ => zeros_like(input, ScalarType.Bool),
        };
    }
}

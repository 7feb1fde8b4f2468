using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Element-wise arithmetic with broadcasting.</summary>
internal static class ArithmeticOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddKeepingType("Add", call => Binary(call, (a, b) => a + b));
        table.AddKeepingType("Sub", call => Binary(call, (a, b) => a - b));
        table.AddKeepingType("Mul", call => Binary(call, (a, b) => a * b));
        table.AddKeepingType("Div", call => Binary(call, (a, b) => a.is_floating_point() ? a / b : DivideIntegers(a, b)));
        table.AddKeepingType("Mod", call => Binary(call, call.Flag("fmod") ? TruncatedRemainder : FlooredRemainder));
        table.AddKeepingType("Pow", Pow);
        table.AddKeepingType("Neg", call => call[0].neg());
        table.AddKeepingType("Abs", call => call[0].abs());
        table.AddKeepingType("Sum", call => Fold(call, (a, b) => a + b));
        table.AddKeepingType("Max", call => Fold(call, maximum));
        table.AddKeepingType("Min", call => Fold(call, minimum));
        table.Add("Mean", call => Fold(call, (a, b) => a + b) / call.InputCount);
    }

    private static Tensor Binary(OperatorCall call, Func<Tensor, Tensor, Tensor> compute)
    {
        var (left, right) = Broadcasting.Operands(call);
        return compute(left, right);
    }

    private static Tensor Fold(OperatorCall call, Func<Tensor, Tensor, Tensor> compute)
    {
        var result = call[0];
        for (int i = 1; i < call.InputCount; i++)
        {
            var (left, right) = Broadcasting.Operands(call, result, call[i]);
            result = compute(left, right);
        }
        return result;
    }

    /// <summary>The quotient, truncated toward zero.</summary>
    private static Tensor DivideIntegers(Tensor dividend, Tensor divisor)
    {
        if (dividend.dtype == ScalarType.Byte) return dividend.div(divisor, RoundingMode.trunc);
        var isMinusOne = divisor.eq(-1);
        return where(isMinusOne, dividend.neg(), dividend.div(SafeDivisor(divisor, isMinusOne), RoundingMode.trunc));
    }

    /// <summary>The remainder with the dividend's sign, as <c>fmod</c> in C.</summary>
    private static Tensor TruncatedRemainder(Tensor dividend, Tensor divisor)
        => dividend.is_floating_point() || dividend.dtype == ScalarType.Byte
            ? dividend.fmod(divisor)
            : dividend.fmod(SafeDivisor(divisor, divisor.eq(-1)));

    /// <summary>The remainder with the divisor's sign, as <c>%</c> in Python.</summary>
    private static Tensor FlooredRemainder(Tensor dividend, Tensor divisor)
        => dividend.is_floating_point() || dividend.dtype == ScalarType.Byte
            ? dividend.remainder(divisor)
            : dividend.remainder(SafeDivisor(divisor, divisor.eq(-1)));

    /// <summary>
    /// The divisor with 1 in place of -1 (the remainder is 0 for both): the processor traps on the lowest integer divided by -1, which
    /// would end the process.
    /// </summary>
    private static Tensor SafeDivisor(Tensor divisor, Tensor isMinusOne) => where(isMinusOne, ones_like(divisor), divisor);

    /// <summary>Powers; the result has the base's type, whatever the exponent's.</summary>
    private static Tensor Pow(OperatorCall call)
    {
        var (number, exponent) = Broadcasting.Operands(call);
        var type = number.dtype;
        if (number.is_floating_point())
        {
            // A constant exponent takes libtorch's fast ways for 2, 0.5, 3 and so on.
            return exponent.numel() == 1 && exponent.dim() <= number.dim() && !exponent.requires_grad
                ? number.pow(exponent.to(ScalarType.Float64).item<double>())
                : number.pow(exponent.to(type));
        }
        return exponent.is_floating_point()
            ? number.to(ScalarType.Float64).pow(exponent.to(ScalarType.Float64)).to(type)
            : number.pow(exponent.to(type));
    }
}

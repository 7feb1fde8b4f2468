using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Functions of one number, element by element.</summary>
internal static class MathOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("Acos", call => call[0].acos());
        table.Add("Acosh", call => call[0].acosh());
        table.Add("Asin", call => call[0].asin());
        table.Add("Asinh", call => call[0].asinh());
        table.Add("Atan", call => call[0].atan());
        table.Add("Atanh", call => call[0].atanh());
        table.Add("Ceil", call => call[0].ceil());
        table.Add("Cos", call => call[0].cos());
        table.Add("Cosh", call => call[0].cosh());
        table.Add("Erf", call => call[0].is_floating_point() ? call[0].erf() : call[0].to(ScalarType.Float64).erf().to(call[0].dtype));
        table.Add("Exp", call => call[0].exp());
        table.Add("Floor", call => call[0].floor());
        table.Add("Log", call => call[0].log());
        table.Add("Reciprocal", call => call[0].reciprocal());
        // libtorch rounds halves to even, as the standard asks.
        table.Add("Round", call => call[0].round());
        table.AddKeepingType("Sign", call => call[0].sign());
        table.Add("Sin", call => call[0].sin());
        table.Add("Sinh", call => call[0].sinh());
        table.Add("Sqrt", call => call[0].sqrt());
        table.Add("Tan", call => call[0].tan());
    }
}

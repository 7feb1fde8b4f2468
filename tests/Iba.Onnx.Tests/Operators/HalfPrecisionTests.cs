using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Operators on half-precision numbers: nothing that libtorch's CPU kernels lack, and results as of float32, rounded.</summary>
public class HalfPrecisionTests
{
    /// <summary>Casts give the type that they are asked for.</summary>
    public static TheoryData<string> Operators => [.. GradientTests.Names().Where(name => !name.StartsWith("Cast", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Half_precision_gives_the_result_of_float32_rounded(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var cases = GradientCase.FromNodeTests(name).Concat(GradientCases.ByHand().Where(test => test.Operator == name));
        string faults = string.Join('\n', cases.SelectMany(test => new[] { Fault(test, float16), Fault(test, bfloat16) }).OfType<string>());
        Assert.True(faults.Length == 0, faults);
    }

    private static string? Fault(GradientCase test, ScalarType type)
    {
        var rounded = test.Inputs.Select(value => value is TensorValue { Tensor.dtype: ScalarType.Float64 } tensor ? (OnnxValue)tensor.Tensor.to(type) : value).ToArray();
        var wide = rounded.Select(value => value is TensorValue tensor && tensor.Tensor.dtype == type ? (OnnxValue)tensor.Tensor.to(float32) : value).ToArray();
        OnnxValue[] actual, expected;
        try
        {
            (actual, expected) = (test.Compute(rounded), test.Compute(wide));
        }
        catch (Exception exception) when (exception is OnnxFormatException or System.Runtime.InteropServices.ExternalException)
        {
            return $"{test.Name}, {type}: {exception.Message.Split('\n')[0]}";
        }

        for (int i = 0; i < actual.Length; i++)
        {
            if (actual[i] is not TensorValue { Tensor: var found } || expected[i] is not TensorValue { Tensor: var wanted } || !wanted.is_floating_point()) continue;
            if (i == 0 && found.dtype != type) return $"{test.Name}: {found.dtype} instead of {type}";
            double unit = type == float16 ? 1.0 / 1024 : 1.0 / 128;
            // Rounded: what is too large for the narrow type is infinite in both.
            var (a, e) = (found.to(float64), wanted.to(type).to(float64));
            var difference = (a - e).abs();
            var near = difference.le(4 * unit * (e.abs() + e.abs().nan_to_num(0, 0, 0).mean())) | a.eq(e) | e.isnan();
            if (!near.all().item<bool>()) return $"{test.Name}, {type}: output {i} differs by {difference.max().item<double>()}";
        }

        return null;
    }
}

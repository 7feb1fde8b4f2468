using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Operators, or settings of operators, that the ONNX project's node tests lack: the same results as OnnxRuntime.</summary>
public class FloatComparisonTests
{
    public static TheoryData<string> Cases => [.. OnnxRuntimeCases.All().Select(test => test.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_operator_gives_the_same_result_as_OnnxRuntime(string name)
    {
        using var scope = NewDisposeScope();
        var test = OnnxRuntimeCases.All().Single(test => test.Name == name);
        var inputs = test.Inputs();
        var expected = OnnxRuntimeNode.RunAll(test.Operator, test.Opset, inputs, test.Outputs, test.Attributes);
        var actual = Node.RunAll(test.Operator, test.Opset, inputs.Select(input => input is null ? null : (OnnxValue)input).ToArray(), test.Outputs, test.Attributes);
        for (int i = 0; i < test.Outputs; i++)
        {
            if (expected[i] is not { } wanted || actual[i] is not TensorValue { Tensor: var found }) continue;
            Assert.Equal(wanted.shape, found.shape);
            double difference = (wanted.to(float64) - found.to(float64)).abs().max().item<double>();
            double size = wanted.to(float64).abs().max().item<double>();
            Assert.True(difference <= 1e-5 * Math.Max(1, size), $"output {i} differs by {difference}");
        }
    }
}

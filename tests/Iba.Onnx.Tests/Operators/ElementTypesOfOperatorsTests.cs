using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Operators compute in every element type that the standard allows, the half floats that libtorch's CPU kernels slight included.</summary>
public class ElementTypesOfOperatorsTests
{
    public static TheoryData<string> OfOneInput => new(
        "Abs", "Acos", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Cos", "Cosh", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid",
        "HardSwish", "Identity", "LeakyRelu", "Mish", "Neg", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus",
        "Softsign", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Flatten", "Transpose", "Trilu", "ReduceL1", "ReduceL2", "ReduceLogSumExp",
        "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare");

    public static TheoryData<string> OfTwoInputs => new("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum", "PRelu", "SwiGLU");

    public static TheoryData<string> OfWholeNumbers => new("Add", "Sub", "Mul", "Div", "Mod", "Max", "Min", "Pow");

    [Theory]
    [MemberData(nameof(OfOneInput))]
    public void An_operator_of_one_input_computes_in_every_float_type(string name) => CheckFloats(name, inputs: 1);

    [Theory]
    [MemberData(nameof(OfTwoInputs))]
    public void An_operator_of_two_inputs_computes_in_every_float_type(string name) => CheckFloats(name, inputs: 2);

    [Theory]
    [MemberData(nameof(OfWholeNumbers))]
    public void Arithmetic_keeps_the_type_of_integers(string name)
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { int8, int16, int32, int64, uint8 })
        {
            var result = Node.Run(name, 15, [tensor(new[] { 7L, 5L, 4L }).to(type), tensor(new[] { 2L, 3L, 2L }).to(type)]);
            Assert.Equal(type, result.dtype);
            Assert.Equal(Whole(name, [7, 5, 4], [2, 3, 2]), result.to(int64).data<long>().ToArray());
        }
    }

    [Fact]
    public void Operators_that_move_elements_keep_types_that_are_stored_wider()
    {
        using var scope = NewDisposeScope();
        var value = new TensorValue(tensor(new[] { 1, 2, 3, 65535 }).reshape(2, 2), Schema.TensorProto.Types.DataType.Uint16);
        foreach (string? name in new[] { "Identity", "Transpose", "Flatten", "Squeeze", "ReduceMax", "Trilu" })
        {
            var result = (TensorValue)Node.RunAll(name, 13, [value])[0];
            Assert.Equal(Schema.TensorProto.Types.DataType.Uint16, result.ElementType);
        }

        var split = Node.RunAll("Split", 13, [value], 2);
        Assert.All(split, part => Assert.Equal(Schema.TensorProto.Types.DataType.Uint16, ((TensorValue)part).ElementType));
    }

    private static void CheckFloats(string name, int inputs)
    {
        using var scope = NewDisposeScope();
        var values = new[] { linspace(-0.9, 0.9, 12).reshape(3, 4), linspace(0.5, 1.5, 12).reshape(3, 4) }.Take(inputs).ToArray();
        var expected = Run(float32, out var expectedGradient);
        foreach (var (type, tolerance) in new[] { (float64, 1e-5), (float16, 4e-3), (bfloat16, 3e-2) })
        {
            var result = Run(type, out var gradient);
            Assert.Equal(type, result.dtype);
            Assert.Equal(type, gradient.dtype);
            // Rounding half floats can move a number across a step of Round, Floor and Ceil; none lies near one here.
            Assert.True(result.to(float32).allclose(expected, tolerance, tolerance), $"{name} of {type}");
            Assert.True(gradient.to(float32).allclose(expectedGradient, 4 * tolerance, 4 * tolerance), $"gradient of {name} of {type}");
        }

        Tensor Run(ScalarType type, out Tensor gradient)
        {
            var typed = values.Select(value => value.to(type).detach().requires_grad_()).ToArray();
            var result = Node.Run(name, 24, typed);
            result.sum().backward();
            gradient = typed[0].grad!;
            return result.detach();
        }
    }

    private static long[] Whole(string name, long[] left, long[] right) => left.Zip(right, (a, b) => name switch
    {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" => a / b,
        "Mod" => a % b,
        "Max" => Math.Max(a, b),
        "Min" => Math.Min(a, b),
        _ => (long)Math.Pow(a, b),
    }).ToArray();
}

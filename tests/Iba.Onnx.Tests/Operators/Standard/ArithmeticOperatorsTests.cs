using System.Runtime.InteropServices;
using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx.Tests;

public class ArithmeticOperatorsTests
{
    [Fact]
    public void Integer_division_truncates_toward_zero()
    {
        using var scope = NewDisposeScope();
        var quotient = Node.Run("Div", 14, [tensor(new long[] { -7, 7, -7, 7 }), tensor(new long[] { 2, -2, -2, 2 })]);
        Assert.Equal([-3L, -3L, 3L, 3L], quotient.data<long>().ToArray());
    }

    [Theory]
    [InlineData("Div", long.MinValue)]
    [InlineData("Mod", 0)]
    public void Lowest_integer_divided_by_minus_one_does_not_end_the_process(string name, long expected)
    {
        using var scope = NewDisposeScope();
        var result = Node.Run(name, 14, [tensor(new[] { long.MinValue, 5L }), tensor(new[] { -1L })]);
        Assert.Equal(expected, result[0].item<long>());
        Assert.Equal(name == "Div" ? -5L : 0L, result[1].item<long>());
    }

    [Theory]
    [InlineData(0, new long[] { 1, -1, -1, 1 })]
    [InlineData(1, new long[] { -1, 1, -1, 1 })]
    public void Remainder_has_the_sign_of_the_divisor_or_with_fmod_of_the_dividend(int fmod, long[] expected)
    {
        using var scope = NewDisposeScope();
        var result = Node.Run("Mod", 13, [tensor(new long[] { -7, 7, -7, 7 }), tensor(new long[] { 2, -2, -2, 2 })], ("fmod", fmod));
        Assert.Equal(expected, result.data<long>().ToArray());
    }

    [Fact]
    public void Sums_of_types_that_are_stored_wider_wrap_around()
    {
        using var scope = NewDisposeScope();
        var left = new TensorValue(tensor(new[] { 65535, 1 }), ElementType.Uint16);
        var sum = (TensorValue)Node.RunAll("Add", 14, [left, new TensorValue(tensor(new[] { 2, 2 }), ElementType.Uint16)])[0];
        Assert.Equal(ElementType.Uint16, sum.ElementType);
        Assert.Equal([1, 3], sum.Tensor.data<int>().ToArray());
    }

    [Fact]
    public void A_power_has_the_type_of_its_base()
    {
        using var scope = NewDisposeScope();
        var power = Node.Run("Pow", 15, [tensor(new[] { 2L, 3L }), tensor(new[] { 0.5f, 2f })]);
        Assert.Equal([1L, 9L], power.data<long>().ToArray());
    }

    [Fact]
    public void Before_opset_7_an_attribute_places_the_second_operand()
    {
        using var scope = NewDisposeScope();
        var sum = Node.Run("Add", 6, [zeros(2, 3, 4), tensor(new[] { 1f, 2f, 3f })], ("broadcast", 1), ("axis", 1));
        Assert.Equal([1f, 2f, 3f], sum[0, .., 0].contiguous().data<float>().ToArray());
        Assert.Equal([2L, 3L, 4L], sum.shape);
    }

    [Fact]
    public void Shapes_that_do_not_broadcast_are_an_error()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ExternalException>(() => Node.Run("Mul", 14, [zeros(2, 3), zeros(4)]));
        var error = Assert.Throws<OnnxFormatException>(() => Node.Run("Mul", 14, [zeros(1 << 15, 3), zeros(1 << 14)]));
        Assert.Contains("[32768, 3] and [16384]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broadcast_to_an_absurd_size_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<OnnxFormatException>(() => Node.Run("Add", 14, [zeros(1 << 20, 1), zeros(1 << 20)]));
    }

    [Fact]
    public void Inputs_are_not_changed()
    {
        using var scope = NewDisposeScope();
        var (left, right) = (tensor(new[] { -1f, 2f }), tensor(new[] { 3f, -4f }));
        foreach (string? name in new[] { "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean" }) Node.Run(name, 15, [left, right]);
        foreach (string? name in new[] { "Relu", "Abs", "Neg", "Elu", "HardSwish", "Clip", "Sqrt" }) Node.Run(name, 15, [left]);
        Assert.Equal([-1f, 2f], left.data<float>().ToArray());
        Assert.Equal([3f, -4f], right.data<float>().ToArray());
    }
}

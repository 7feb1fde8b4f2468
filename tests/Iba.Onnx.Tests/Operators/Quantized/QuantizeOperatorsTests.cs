using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx.Tests;

public class QuantizeOperatorsTests
{
    [Fact]
    public void The_gradient_passes_rounding_and_stops_where_the_range_ends()
    {
        using var scope = NewDisposeScope();
        var input = tensor(new[] { -100f, -0.26f, 0f, 0.13f, 100f }).requires_grad_();
        var (scale, zeroPoint) = (tensor(0.1f), tensor((sbyte)3));
        var quantized = Node.RunAll("QuantizeLinear", 13, [input, scale, zeroPoint])[0];
        var numbers = ((TensorValue)Node.RunAll("DequantizeLinear", 13, [quantized, scale, zeroPoint])[0]).Tensor;
        Assert.Equal([-13.1f, -0.3f, 0f, 0.1f, 12.4f], numbers.detach().data<float>().ToArray().Select(value => MathF.Round(value, 4)));
        numbers.sum().backward();
        Assert.Equal([0f, 1f, 1f, 1f, 0f], input.grad!.data<float>().ToArray().Select(value => MathF.Round(value, 4)));
    }

    [Fact]
    public void Quantised_values_are_the_same_integers_with_and_without_a_gradient()
    {
        using var scope = NewDisposeScope();
        var input = linspace(-3, 3, 1001);
        var (scale, zeroPoint) = (tensor(0.017f), tensor((byte)120));
        var integers = (TensorValue)Node.RunAll("QuantizeLinear", 13, [input, scale, zeroPoint])[0];
        var floats = (TensorValue)Node.RunAll("QuantizeLinear", 13, [input.clone().requires_grad_(), scale, zeroPoint])[0];
        Assert.Equal(uint8, integers.Tensor.dtype);
        Assert.Equal(ElementType.Uint8, floats.ElementType);
        Assert.True(floats.Tensor.eq(integers.Tensor).all().item<bool>());
    }

    [Fact]
    public void The_gradient_passes_operators_between_quantising_and_dequantising()
    {
        using var scope = NewDisposeScope();
        var input = linspace(-1, 1, 6).requires_grad_();
        var scale = tensor(0.1f);
        var value = Node.RunAll("QuantizeLinear", 21, [input, scale], ("output_dtype", (int)ElementType.Int8))[0];
        value = Node.RunAll("Reshape", 21, [value, tensor(new[] { 2L, 3L })])[0];
        value = Node.RunAll("Transpose", 21, [value])[0];
        value = Node.RunAll("Cast", 21, [value], ("to", (int)ElementType.Int32))[0];
        Assert.Equal(ElementType.Int32, ((TensorValue)value).ElementType);
        ((TensorValue)Node.RunAll("DequantizeLinear", 21, [value, scale])[0]).Tensor.sum().backward();
        Assert.Equal(6f, input.grad!.sum().item<float>(), 4);
    }

    [Fact]
    public void Blocks_along_an_axis_have_scales_of_their_own()
    {
        using var scope = NewDisposeScope();
        var quantized = tensor(new sbyte[] { 1, 2, 3, 4, 5 }).reshape(1, 5);
        var scale = tensor(new[] { 1f, 10f, 100f }).reshape(1, 3);
        var numbers = Node.Run("DequantizeLinear", 21, [quantized, scale], ("axis", 1), ("block_size", 2));
        Assert.Equal([1f, 2f, 30f, 40f, 500f], numbers.flatten().data<float>().ToArray());
        Assert.Throws<OnnxFormatException>(() => Node.Run("DequantizeLinear", 21, [quantized, scale], ("axis", 1), ("block_size", 1)));
    }

    [Fact]
    public void Dynamic_quantising_of_zeros_gives_zeros()
    {
        using var scope = NewDisposeScope();
        var outputs = Node.RunAll("DynamicQuantizeLinear", 11, [zeros(3)], 3).Select(output => ((TensorValue)output).Tensor).ToArray();
        Assert.Equal([0, 0, 0], outputs[0].data<byte>().ToArray());
        Assert.True(outputs[1].isfinite().item<bool>());
    }

    [Theory]
    [InlineData("Float8E4M3Fn", 1, new[] { 448f, -448f, 448f, 0.1015625f })]
    [InlineData("Float8E4M3Fn", 0, new[] { float.NaN, float.NaN, float.NaN, 0.1015625f })]
    [InlineData("Float8E5M2", 1, new[] { 512f, -57344f, 57344f, 0.09375f })]
    [InlineData("Float8E5M2", 0, new[] { 512f, float.NegativeInfinity, float.PositiveInfinity, 0.09375f })]
    public void Small_floats_saturate_or_overflow(string type, int saturate, float[] expected)
    {
        using var scope = NewDisposeScope();
        var cast = Node.Run("Cast", 19, [tensor(new[] { 500f, -1e6f, float.PositiveInfinity, 0.1f })], ("to", (int)Enum.Parse<ElementType>(type)), ("saturate", saturate));
        Assert.Equal(expected, cast.data<float>().ToArray());
    }

    [Fact]
    public void Integers_out_of_range_keep_their_low_bits()
    {
        using var scope = NewDisposeScope();
        var numbers = tensor(new[] { 200L, -1L, 70000L });
        Assert.Equal([-56, -1, 112], Node.Run("Cast", 13, [numbers], ("to", (int)ElementType.Int8)).data<sbyte>().ToArray().Select(value => (int)value));
        Assert.Equal([200, 65535, 4464], Node.Run("Cast", 13, [numbers], ("to", (int)ElementType.Uint16)).data<int>().ToArray());
        Assert.Equal([true, true, true], Node.Run("Cast", 13, [numbers], ("to", (int)ElementType.Bool)).data<bool>().ToArray());
        Assert.Throws<OnnxFormatException>(() => Node.Run("Cast", 13, [numbers], ("to", (int)ElementType.String)));
        Assert.Throws<OnnxFormatException>(() => Node.Run("Cast", 13, [numbers], ("to", 99)));
    }

    [Fact]
    public void A_lower_limit_above_the_upper_one_gives_the_upper_one()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([1f, 1f], Node.Run("Clip", 13, [tensor(new[] { 0f, 5f }), tensor(3f), tensor(1f)]).data<float>().ToArray());
        Assert.Equal([2, 5], Node.Run("Clip", 13, [tensor(new[] { 0, 5 }), tensor(2)]).data<int>().ToArray());
    }

    [Fact]
    public void A_limit_that_is_met_passes_the_whole_gradient()
    {
        using var scope = NewDisposeScope();
        var input = tensor(new[] { -1f, 0f, 6f, 7f }).requires_grad_();
        Node.Run("Clip", 13, [input, tensor(0f), tensor(6f)]).sum().backward();
        Assert.Equal([0f, 1f, 1f, 0f], input.grad!.data<float>().ToArray());
    }
}

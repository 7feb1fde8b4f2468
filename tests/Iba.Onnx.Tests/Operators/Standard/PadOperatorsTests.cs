using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class PadOperatorsTests
{
    [Theory]
    [InlineData("reflect", new[] { 1f, 2f, 1f, 0f, 1f, 2f, 1f, 0f, 1f })]
    [InlineData("edge", new[] { 0f, 0f, 0f, 0f, 1f, 2f, 2f, 2f, 2f })]
    [InlineData("wrap", new[] { 0f, 1f, 2f, 0f, 1f, 2f, 0f, 1f, 2f })]
    [InlineData("constant", new[] { 9f, 9f, 9f, 0f, 1f, 2f, 9f, 9f, 9f })]
    public void Pads_may_be_longer_than_the_axis(string mode, float[] expected)
    {
        using var scope = NewDisposeScope();
        var padded = Node.Run("Pad", 19, [arange(3, dtype: float32), tensor(new[] { 3L, 3L }), tensor(9f)], ("mode", mode));
        Assert.Equal(expected, padded.data<float>().ToArray());
    }

    [Theory]
    [InlineData("constant")]
    [InlineData("edge")]
    public void Negative_pads_cut_off(string mode)
    {
        using var scope = NewDisposeScope();
        var padded = Node.Run("Pad", 18, [arange(12, dtype: float32).reshape(3, 4), tensor(new[] { -1L, -2L }), null, tensor(new[] { -1L })], ("mode", mode));
        Assert.Equal([1f, 5f, 9f], padded.flatten().data<float>().ToArray());
    }

    [Fact]
    public void Integers_are_padded_exactly()
    {
        using var scope = NewDisposeScope();
        long value = (1L << 60) + 1;
        var padded = Node.Run("Pad", 13, [tensor(new[] { 5L }), tensor(new[] { 1L, 0L }), tensor(value)]);
        Assert.Equal([value, 5L], padded.data<long>().ToArray());
    }

    [Fact]
    public void The_gradient_adds_up_over_the_copies()
    {
        using var scope = NewDisposeScope();
        var input = arange(3, dtype: float32).requires_grad_();
        Node.Run("Pad", 18, [input, tensor(new[] { 2L, 1L })], ("mode", "reflect")).sum().backward();
        Assert.Equal([1f, 3f, 2f], input.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Old_opsets_have_their_pads_in_an_attribute()
    {
        using var scope = NewDisposeScope();
        var padded = Node.Run("Pad", 2, [ones(1, 2)], ("pads", new[] { 0L, 1L, 0L, 0L }), ("value", 7f));
        Assert.Equal([7f, 1f, 1f], padded.flatten().data<float>().ToArray());
    }

    [Fact]
    public void Impossible_pads_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<OnnxFormatException>(() => Node.Run("Pad", 13, [ones(2), tensor(new[] { -2L, -2L })]));
        Assert.Throws<OnnxFormatException>(() => Node.Run("Pad", 13, [ones(2), tensor(new[] { 1L << 62, 0L })]));
        Assert.Throws<OnnxFormatException>(() => Node.Run("Pad", 13, [ones(0), tensor(new[] { 1L, 0L })], ("mode", "edge")));
        Assert.Throws<OnnxFormatException>(() => Node.Run("Pad", 13, [ones(2), tensor(new[] { 1L })]));
    }
}

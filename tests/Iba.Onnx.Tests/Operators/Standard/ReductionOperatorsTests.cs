using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class ReductionOperatorsTests
{
    [Theory]
    [InlineData("ReduceMax", float.NegativeInfinity)]
    [InlineData("ReduceMin", float.PositiveInfinity)]
    [InlineData("ReduceSum", 0f)]
    [InlineData("ReduceProd", 1f)]
    [InlineData("ReduceL2", 0f)]
    [InlineData("ReduceLogSumExp", float.NegativeInfinity)]
    public void Nothing_reduces_to_the_neutral_element(string name, float expected)
    {
        using var scope = NewDisposeScope();
        var result = Node.Run(name, 18, [zeros(2, 0, 4), tensor(new[] { 1L })]);
        Assert.Equal([2L, 1L, 4L], result.shape);
        Assert.All(result.data<float>().ToArray(), value => Assert.Equal(expected, value));
    }

    [Fact]
    public void The_largest_of_no_integers_is_the_lowest_one()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(-128, Node.Run("ReduceMax", 18, [zeros([0], int8)], ("keepdims", 0)).item<sbyte>());
        Assert.Equal(255, Node.Run("ReduceMin", 18, [zeros([0], uint8)], ("keepdims", 0)).item<byte>());
    }

    [Fact]
    public void Axes_come_as_attribute_or_input_and_none_means_all()
    {
        using var scope = NewDisposeScope();
        var input = arange(6, dtype: float32).reshape(2, 3);
        Assert.Equal([1f, 4f], Node.Run("ReduceMean", 13, [input], ("axes", new[] { -1L }), ("keepdims", 0)).data<float>().ToArray());
        Assert.Equal([1f, 4f], Node.Run("ReduceMean", 18, [input, tensor(new[] { -1L })], ("keepdims", 0)).data<float>().ToArray());
        Assert.Equal([1L, 1L], Node.Run("ReduceMean", 18, [input]).shape);
        Assert.Throws<OnnxFormatException>(() => Node.Run("ReduceMean", 18, [input, tensor(new[] { 2L })]));
    }

    [Fact]
    public void Without_axes_a_reduction_may_be_left_out_but_not_its_function()
    {
        using var scope = NewDisposeScope();
        var input = tensor(new[] { -1f, 2f });
        Assert.Equal([-1f, 2f], Node.Run("ReduceSum", 13, [input], ("noop_with_empty_axes", 1)).data<float>().ToArray());
        Assert.Equal([1f, 4f], Node.Run("ReduceSumSquare", 18, [input], ("noop_with_empty_axes", 1)).data<float>().ToArray());
    }

    [Fact]
    public void Integers_stay_integers()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(int32, Node.Run("ReduceSum", 13, [tensor(new[] { 3, 4 })]).dtype);
        Assert.Equal(5, Node.Run("ReduceL2", 18, [tensor(new[] { 3, 4 })], ("keepdims", 0)).item<int>());
    }

    [Fact]
    public void A_norm_of_zeros_has_a_finite_gradient()
    {
        using var scope = NewDisposeScope();
        var input = zeros(3).requires_grad_();
        Node.Run("ReduceL2", 18, [input], ("keepdims", 0)).backward();
        Assert.Equal([0f, 0f, 0f], input.grad!.data<float>().ToArray());
    }

    [Fact]
    public void A_softmax_row_that_is_masked_out_can_be_repaired()
    {
        // What exporters write for attention masks: Softmax of -inf, IsNaN, Where.
        using var scope = NewDisposeScope();
        var input = tensor(new[] { 1f, 2f, 3f, 4f }).reshape(2, 2).requires_grad_();
        var masked = Node.Run("Where", 16, [tensor(new[] { true, true, false, false }).reshape(2, 2), input, tensor(float.NegativeInfinity)]);
        var exponents = Node.Run("Exp", 13, [Node.Run("Sub", 14, [masked, Node.Run("ReduceMax", 18, [masked, tensor(new[] { -1L })])])]);
        var softmax = Node.Run("Div", 14, [exponents, Node.Run("ReduceSum", 13, [exponents, tensor(new[] { -1L })])]);
        var repaired = Node.Run("Where", 16, [Node.Run("IsNaN", 13, [softmax]), tensor(0f), softmax]);
        Assert.Equal([0f, 0f], repaired[1].data<float>().ToArray());
        Assert.Equal(1f, repaired[0].sum().item<float>(), 5);
    }

    [Theory]
    [InlineData(0, 0, new[] { 1f, 3f, 6f })]
    [InlineData(1, 0, new[] { 0f, 1f, 3f })]
    [InlineData(0, 1, new[] { 6f, 5f, 3f })]
    [InlineData(1, 1, new[] { 5f, 3f, 0f })]
    public void Running_sums_go_both_ways_with_or_without_the_element(int exclusive, int reverse, float[] expected)
    {
        using var scope = NewDisposeScope();
        var sums = Node.Run("CumSum", 14, [tensor(new[] { 1f, 2f, 3f }), tensor(0L)], ("exclusive", exclusive), ("reverse", reverse));
        Assert.Equal(expected, sums.data<float>().ToArray());
    }

    [Theory]
    [InlineData(1, new[] { 3L, 1L, 2L })]
    [InlineData(0, new[] { 0L, 1L, 2L })]
    public void Of_equal_elements_the_first_comes_first(int largest, long[] expected)
    {
        using var scope = NewDisposeScope();
        var outputs = Node.RunAll("TopK", 11, [tensor(new[] { 0f, 1f, 1f, 2f, 1f }), tensor(new[] { 3L })], 2, ("largest", largest));
        Assert.Equal(expected, ((TensorValue)outputs[1]).Tensor.data<long>().ToArray());
    }
}

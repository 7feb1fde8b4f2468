using CsCheck;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class SliceOperatorsTests
{
    [Fact]
    public void A_slice_is_what_Python_would_take_but_for_a_backward_start_before_the_first_element()
        => Gen.Select(Gen.Int[0, 7], Gen.Int[-10, 10], Gen.Int[-10, 10], Gen.Int[-4, 4].Where(step => step != 0))
            .Sample(
                (size, start, end, step) =>
                {
                    using var scope = NewDisposeScope();
                    var slice = Node.Run("Slice", 13, [arange(size), tensor(new long[] { start }), tensor(new long[] { end }), tensor(new long[] { 0 }), tensor(new long[] { step })]);
                    return slice.data<long>().ToArray().SequenceEqual(PythonSlice(size, start, end, step));
                },
                iter: 2000);

    [Theory]
    [InlineData(long.MinValue, long.MaxValue, 1, new long[] { 0, 1, 2, 3, 4 })]
    [InlineData(long.MaxValue, long.MinValue, -1, new long[] { 4, 3, 2, 1, 0 })]
    [InlineData(-1, long.MinValue, long.MinValue, new long[] { 4 })]
    [InlineData(0, long.MaxValue, long.MaxValue, new long[] { 0 })]
    public void Bounds_and_steps_may_lie_far_outside(long start, long end, long step, long[] expected)
    {
        using var scope = NewDisposeScope();
        var slice = Node.Run("Slice", 13, [arange(5), tensor(new[] { start }), tensor(new[] { end }), null, tensor(new[] { step })]);
        Assert.Equal(expected, slice.data<long>().ToArray());
    }

    [Fact]
    public void A_backward_slice_has_a_gradient()
    {
        using var scope = NewDisposeScope();
        var input = arange(4, dtype: float32).requires_grad_();
        var slice = Node.Run("Slice", 13, [input, tensor(new[] { 3L }), tensor(new[] { -5L }), null, tensor(new[] { -2L })]);
        (slice * tensor(new[] { 10f, 100f })).sum().backward();
        Assert.Equal([0f, 100f, 0f, 10f], input.grad!.data<float>().ToArray());
    }

    [Fact]
    public void The_last_of_equal_parts_is_smaller()
    {
        using var scope = NewDisposeScope();
        var parts = Node.RunAll("Split", 18, [arange(7)], 3, ("num_outputs", 3)).Select(part => ((TensorValue)part).Tensor.shape[0]);
        Assert.Equal([3L, 3L, 1L], parts);
    }

    [Fact]
    public void Parts_that_do_not_add_up_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<OnnxFormatException>(() => Node.RunAll("Split", 13, [arange(7), tensor(new[] { 3L, 3L })], 2));
        Assert.Throws<OnnxFormatException>(() => Node.Run("Slice", 13, [arange(7), tensor(new[] { 0L }), tensor(new[] { 1L }), null, tensor(new[] { 0L })]));
    }

    private static IEnumerable<long> PythonSlice(int size, int start, int end, int step)
    {
        // The standard moves such a start to the first element; Python would take nothing.
        if (step < 0 && size > 0) start = Math.Max(start, -size);
        int Bound(int position) => Math.Clamp(position < 0 ? position + size : position, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
        for (int i = Bound(start); step > 0 ? i < Bound(end) : i > Bound(end); i += step) yield return i;
    }
}

using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class ShapeOperatorsTests
{
    [Theory]
    [InlineData(new long[] { 2, 3, 4 }, new long[] { 0, -1 }, 0, new long[] { 2, 12 })]
    [InlineData(new long[] { 2, 3, 4 }, new long[] { -1, 0, 2 }, 0, new long[] { 4, 3, 2 })]
    [InlineData(new long[] { 0, 3 }, new long[] { 3, 0 }, 1, new long[] { 3, 0 })]
    [InlineData(new long[] { 0, 3 }, new long[] { 0, -1 }, 0, new long[] { 0, 0 })]
    [InlineData(new long[] { 1, 1 }, new long[] { }, 0, new long[] { })]
    public void Reshape_copies_infers_and_honours_zeros(long[] old, long[] wanted, int allowZero, long[] expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected, Node.Run("Reshape", 14, [zeros(old), tensor(wanted)], ("allowzero", allowZero)).shape);
    }

    [Theory]
    [InlineData(new long[] { -1, -1 })]
    [InlineData(new long[] { 5, -1 })]
    [InlineData(new long[] { long.MaxValue, long.MaxValue })]
    [InlineData(new long[] { -2, 3 })]
    [InlineData(new long[] { 2, 3, 4, 0 })]
    public void Reshapes_that_cannot_be_are_refused(long[] wanted)
    {
        using var scope = NewDisposeScope();
        Assert.Throws<OnnxFormatException>(() => Node.Run("Reshape", 14, [zeros(2, 3, 4), tensor(wanted)]));
    }

    [Theory]
    [InlineData(0, new long[] { 1, 24 })]
    [InlineData(3, new long[] { 24, 1 })]
    [InlineData(-1, new long[] { 6, 4 })]
    public void Flatten_cuts_at_an_axis(int axis, long[] expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected, Node.Run("Flatten", 13, [zeros(2, 3, 4)], ("axis", axis)).shape);
    }

    [Fact]
    public void Only_axes_of_size_one_are_squeezed()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([3L], Node.Run("Squeeze", 13, [zeros(1, 3, 1)]).shape);
        Assert.Equal([1L, 3L], Node.Run("Squeeze", 13, [zeros(1, 3, 1), tensor(new[] { -1L })]).shape);
        Assert.Equal([3L, 1L], Node.Run("Squeeze", 11, [zeros(1, 3, 1)], ("axes", new[] { 0L })).shape);
        Assert.Throws<OnnxFormatException>(() => Node.Run("Squeeze", 13, [zeros(1, 3, 1), tensor(new[] { 1L })]));
    }

    [Theory]
    [InlineData("Expand")]
    [InlineData("Tile")]
    [InlineData("ConstantOfShape")]
    public void Absurd_sizes_are_refused(string name)
    {
        using var scope = NewDisposeScope();
        var sizes = tensor(new[] { 1L << 40, 1L << 40 });
        Assert.Throws<OnnxFormatException>(() => Node.Run(name, 13, name == "ConstantOfShape" ? [sizes] : [zeros(1, 1), sizes]));
    }

    [Fact]
    public void Expanding_works_both_ways()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([2L, 3L, 4L], Node.Run("Expand", 13, [zeros(3, 1), tensor(new[] { 2L, 1L, 4L })]).shape);
    }

    [Fact]
    public void Tensors_whose_other_sizes_differ_cannot_be_joined()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([2L, 5L], Node.Run("Concat", 13, [zeros(2, 3), zeros(2, 2)], ("axis", -1)).shape);
        Assert.Throws<OnnxFormatException>(() => Node.Run("Concat", 13, [zeros(2, 3), zeros(3, 3)], ("axis", 1)));
    }

    [Fact]
    public void A_transpose_needs_a_permutation()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([4L, 3L, 2L], Node.Run("Transpose", 13, [zeros(2, 3, 4)]).shape);
        Assert.Throws<OnnxFormatException>(() => Node.Run("Transpose", 13, [zeros(2, 3, 4)], ("perm", new[] { 0L, 0L, 1L })));
    }

    [Fact]
    public void Shapes_are_exact_whole_numbers()
    {
        using var scope = NewDisposeScope();
        var shape = Node.Run("Shape", 15, [zeros(2, 0, 4)], ("start", -2));
        Assert.Equal([0L, 4L], shape.data<long>().ToArray());
    }
}

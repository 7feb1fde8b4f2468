using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class SoftmaxOperatorsTests
{
    [Theory]
    [InlineData(-1, 3)]
    [InlineData(-3, 1)]
    [InlineData(-4, 0)]
    public void Before_opset_13_a_negative_axis_is_the_same_as_the_positive_one(int negative, int positive)
    {
        using var scope = NewDisposeScope();
        var data = arange(48, float32).sin().reshape(2, 3, 2, 4);
        foreach (string name in new[] { "Softmax", "LogSoftmax", "Hardmax" })
        {
            Assert.True(Node.Run(name, 11, [data], ("axis", negative)).allclose(Node.Run(name, 11, [data], ("axis", positive))));
        }
    }

    [Fact]
    public void Before_opset_13_each_row_of_the_matrix_at_the_axis_sums_to_one()
    {
        using var scope = NewDisposeScope();
        var output = Node.Run("Softmax", 11, [arange(24, float32).cos().reshape(2, 3, 4)], ("axis", -2));
        Assert.True(output.sum([1, 2]).allclose(ones(2)));
    }
}

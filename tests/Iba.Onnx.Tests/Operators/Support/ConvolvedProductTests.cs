using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public sealed class ConvolvedProductTests
{
    [Theory]
    [InlineData(4, 1024, 1100, true)]
    [InlineData(63, 2000, 700, false)]
    [InlineData(64, 400, 400, true)]
    [InlineData(1000, 90, 130, false)]
    public void It_is_the_product_and_has_its_gradient(long rows, long inputs, long outputs, bool withBias)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var values = randn([rows, inputs], generator: generator).requires_grad_();
        var matrix = randn([outputs, inputs], generator: generator).t();
        var bias = withBias ? randn([outputs], generator: generator) : null;
        var ofProduct = randn([rows, outputs], generator: generator);

        var product = ConvolvedProduct.Multiply(values, matrix, bias);
        Assert.Equal(ConvolvedProduct.Offered, product is not null);
        if (product is null) return;
        product.backward([ofProduct]);

        var exact = values.detach().to(float64).mm(matrix.to(float64));
        if (bias is not null) exact += bias;
        AssertClose(exact, product.detach(), inputs);
        AssertClose(ofProduct.to(float64).mm(matrix.to(float64).t()), values.grad!, outputs);

        static void AssertClose(Tensor expected, Tensor actual, long terms)
        {
            Assert.Equal(expected.shape, actual.shape);
            Assert.InRange((expected - actual).abs().max().item<double>(), 0, 1e-6 * terms);
        }
    }

    [Fact]
    public void It_leaves_alone_what_does_not_pay()
    {
        using var scope = NewDisposeScope();
        var (rows, matrix) = (ones(64, 512), ones(512, 512).t());
        Assert.Equal(ConvolvedProduct.Offered, ConvolvedProduct.Multiply(rows, matrix, null) is not null);
        Assert.Null(ConvolvedProduct.Multiply(rows[..63], matrix, null));
        Assert.Null(ConvolvedProduct.Multiply(rows[..1], ones(4096, 512).t(), null));
        Assert.Null(ConvolvedProduct.Multiply(rows, matrix.contiguous(), null));
        Assert.Null(ConvolvedProduct.Multiply(rows.to(float64), matrix.to(float64), null));
        Assert.Null(ConvolvedProduct.Multiply(rows, ones(512, 512).t().requires_grad_(), null));
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class RestrictedFlowTests
{
    [Theory]
    [InlineData(0, 10, false)]
    [InlineData(1, 10, false)]
    [InlineData(1, 0, true)]
    [InlineData(2, 3, true)]
    [InlineData(0, 3, true)]
    public void The_gradient_by_hand_is_that_of_autograd(double sigma, double beta, bool masked)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([3, 7, 6]);
        var features = Toy.Random([2, 3, 7, 6]).to_type(ScalarType.Float64);
        var positions = ones([2, 7, 6], ScalarType.Bool);
        positions[1].narrow(0, 4, 3).fill_(false);
        var flow = new RestrictedFlow(features, statistics, new() { Sigma = sigma, Beta = beta }, masked ? positions : null);
        var (ofConstant, ofScale) = (Toy.Random(features.shape, seed: 2).to_type(ScalarType.Float64), Toy.Random(features.shape, seed: 3).to_type(ScalarType.Float64));

        var alpha = (Toy.Random(features.shape, seed: 4).to_type(ScalarType.Float64) * 3).requires_grad_();
        var mask = flow.Lambda(alpha);
        var (constant, scale) = flow.Mix(mask);
        ((constant * ofConstant) + (scale * ofScale)).sum().add(flow.Information(mask).sum(), beta).backward();

        using var noGrad = no_grad();
        var gradient = flow.Gradient(alpha.detach(), flow.Lambda(alpha.detach()), ofConstant, ofScale);
        Toy.AssertClose(alpha.grad!, gradient, 1e-10);
    }
}

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

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    [InlineData(17)]
    public void A_saturated_mask_stays_finite_and_keeps_its_gradient(double alpha)
    {
        using var scope = NewDisposeScope();
        foreach (double sigma in new[] { 0, 1.0 })
        {
            using var statistics = Toy.Statistics([3, 5, 4]);
            var features = Toy.Random([2, 3, 5, 4]);
            var flow = new RestrictedFlow(features, statistics, new() { Sigma = sigma, Beta = 1 }, null);
            var alphas = full_like(features, alpha);
            var mask = flow.Lambda(alphas);
            var gradient = flow.Gradient(alphas, mask, zeros_like(features), zeros_like(features));
            var capacity = flow.Capacity(mask);
            Assert.True(capacity.isfinite().all().item<bool>());
            Assert.True(gradient.isfinite().all().item<bool>());
            if (alpha > 0) Assert.InRange(capacity.min().item<float>(), (float)alpha - 1, float.MaxValue);
            if (alpha > 0) Assert.True(gradient.gt(0).all().item<bool>());
            else Assert.InRange(capacity.max().item<float>(), 0, 1e-12f);
        }
    }

    [Fact]
    public void Capacity_is_exact_from_nothing_to_everything()
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics([1]);
        var alpha = linspace(-40, 40, 161).unsqueeze(1);
        var features = full([161, 1], 0.7);
        var single = new RestrictedFlow(features, statistics, new(), null);
        var exact = new RestrictedFlow(features.to_type(ScalarType.Float64), statistics, new(), null);
        var expected = exact.Capacity(exact.Lambda(alpha.to_type(ScalarType.Float64)));
        var actual = single.Capacity(single.Lambda(alpha));
        var allowed = (expected * 1e-4) + 1e-11;
        Assert.True((actual - expected).abs().le(allowed).all().item<bool>());
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Maps that know nothing of the network.</summary>
public sealed class ControlMapTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_Gaussian_is_one_of_a_quarter_of_each_side()
    {
        using var method = new CenteredGaussian();
        using var result = new Linear([3, 5, 8]).Explain(method);
        Assert.Equal([3, 5, 8], result.Map.shape);
        // Row 1, column 6 of centre (2, 3.5) and deviations (1.25, 2).
        Assert.Equal(Math.Exp(-0.5 * (Math.Pow(1 / 1.25, 2) + Math.Pow(2.5 / 2, 2))), result.Map[2, 1, 6].item<float>(), 1e-6);
        Assert.Equal(result.Map, result.Map.flip(1).flip(2));
        Assert.Equal((MapUnit.Relative, false), (result.Unit, result.IsSigned));
    }

    [Fact]
    public void A_random_map_is_uniform_and_another_for_every_row()
    {
        var linear = new Linear([2, 40, 50]);
        using var method = new RandomMap();
        using var result = linear.Explain(method);
        Assert.Equal([3, 40, 50], result.Map.shape);
        Assert.InRange(result.Map.mean().item<float>(), 0.48f, 0.52f);
        Assert.InRange(result.Map.var().item<float>(), (1f / 12) - 0.004f, (1f / 12) + 0.004f);
        Assert.True(result.Map.ge(0).logical_and(result.Map.lt(1)).all().item<bool>());
        Assert.False(result.Map[0].allclose(result.Map[1], atol: 0.5));
        using var again = Linear.Explain(method, linear.Network, linear.Features[1..2]);
        Assert.Equal(result.Map[1], again.Map[0]);
    }
}

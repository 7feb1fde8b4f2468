using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class AdamTests
{
    [Fact]
    public void It_steps_as_TorchSharps_own_Adam()
    {
        using var scope = NewDisposeScope();
        var expected = Toy.Random([5, 7]).requires_grad_();
        var actual = expected.detach().clone();
        using var reference = optim.Adam([new TorchSharp.Modules.Parameter(expected)], lr: 0.3);
        using var adam = new Adam(actual, 0.3);
        for (int step = 0; step < 12; step++)
        {
            reference.zero_grad();
            var parameter = reference.parameters().Single();
            (parameter.pow(4) + parameter * step).sum().backward();
            adam.Step(actual, (4 * actual.pow(3)) + step);
            reference.step();
            Toy.AssertClose(parameter.detach(), actual, 1e-6);
        }
    }
}

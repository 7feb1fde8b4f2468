using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class SanityCheckTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly TorchSharp.torch.nn.Module<Tensor, Tensor> _module = TestModules.Create("sequential");
    private readonly ModuleNetwork _network;
    private readonly Tensor _images = TestModules.Images(2);

    public SanityCheckTests() => _network = new ModuleNetwork(_module, TestModules.InputShape);

    public void Dispose()
    {
        _network.Dispose();
        _module.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void The_gradient_changes_from_the_output_to_the_input_and_the_weights_come_back()
    {
        var before = _network.Forward([_images]);
        using var split = _network.SplitAtInput();
        using var method = new Gradient();
        var labels = tensor(new long[] { 1, 3 });
        var found = new SanityCheck().Measure(_network, Explain);
        Assert.Equal(before, _network.Forward([_images]));
        Assert.Equal(2, found.Count);
        Assert.All(found, row =>
        {
            Assert.Equal(["fc", "features.conv2", "features.norm1", "features.conv1"], row.Select(stage => stage.Layer));
            Assert.Equal([1, 2, 3, 4], row.Select(stage => stage.RandomLayers));
            Assert.All(row, stage => Assert.InRange(stage.Similarity.Spearman, -0.9, 0.9));
        });
        var again = new SanityCheck().Measure(_network, Explain);
        Assert.Equal(found[1], again[1]);
        var stages = new SanityCheck { Stages = 2 }.Measure(_network, Explain);
        Assert.Equal([found[0][1], found[0][3]], stages[0]);
        Assert.NotEqual(found[0][0], new SanityCheck { Seed = 9 }.Measure(_network, Explain)[0][0]);

        Tensor Explain()
        {
            using var result = method.Explain(split, [_images], new AttributionRequest { Target = ExplanationTarget.Label, Labels = labels });
            return result.Map.clone().DetachFromDisposeScope();
        }
    }

    [Fact]
    public void A_map_that_does_not_look_at_the_network_stays()
    {
        var found = new SanityCheck().Measure(_network, () => _images.mean([1]));
        Assert.All(found, row => Assert.All(row, stage => Assert.Equal((1, 1), (Math.Round(stage.Similarity.Ssim, 9), Math.Round(stage.Similarity.AbsoluteSpearman, 9)))));
    }

    [Fact]
    public void The_weights_come_back_when_it_fails()
    {
        var before = _network.Forward([_images]);
        int calls = 0;
        Assert.Throws<InvalidOperationException>(
            () => new SanityCheck().Measure(_network, () => calls++ < 2 ? _images.mean([1]) : throw new InvalidOperationException("no map")));
        Assert.Equal(before, _network.Forward([_images]));
        Assert.Throws<ArgumentException>(() => new SanityCheck { Stages = 0 }.Measure(_network, () => _images.mean([1])));
        Assert.StartsWith("The maps are []; expected [N, H, W].", Assert.Throws<ArgumentException>(() => new SanityCheck().Measure(_network, () => _images.mean())).Message, StringComparison.Ordinal);
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Features of several layers of a module in one pass.</summary>
public class ModuleFeaturesTests
{
    [Theory]
    [InlineData("sequential")]
    [InlineData("residual")]
    [InlineData("inPlaceAdd")]
    [InlineData("concatenation")]
    [InlineData("sharedRelu")]
    public void They_are_those_of_a_cut_at_each_layer_bit_for_bit(string kind)
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        network.Split("fc").Dispose(); // the pass that shows the layers
        string[] layers = [.. network.Layers.Select(layer => layer.Name).Reverse(), network.Layers[0].Name];
        var images = TestModules.Images(3);
        var before = images.clone();
        int passes = CountCalls(module, "conv1", () =>
        {
            foreach (var (layer, features) in layers.Zip(network.Features(layers, [images])))
            {
                Assert.False(features.requires_grad);
                AssertHead(network, layer, images, features);
            }
        });

        Assert.Equal(1 + layers.Length, passes); // one for all, one for each head
        Assert.Equal(1, CountCalls(module, "conv1", () =>
        {
            var (together, output) = network.FeaturesAndOutput(layers, [images]);
            Assert.Equal(network.Features(layers, [images]), together);
            Assert.Equal(network.Forward([images]), output);
        }) - 2);
        Assert.Equal(before, images);
    }

    [Fact]
    public void The_pass_ends_at_the_last_layer()
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        network.Split("fc").Dispose(); // the pass that shows the layers
        Assert.Equal(0, CountCalls(module, "fc", () => network.Features(["features.relu1", "features.conv2"], [TestModules.Images(2)])));
        Assert.Equal(0, CountCalls(module, "conv1", () => Assert.Empty(network.Features([], [TestModules.Images(2)]))));
    }

    [Fact]
    public void An_unknown_layer_is_refused_and_nothing_outlives_a_call()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var images = TestModules.Images(2);
        Assert.Throws<ArgumentException>(() => network.Features(["features", "nothing"], [images]));
        using var outer = NewDisposeScope();
        foreach (var features in network.Features(["features", "fc"], [images])) features.Dispose();
        Assert.Equal(0, outer.DisposablesCount);
    }

    internal static void AssertHead(Network network, string layer, Tensor images, Tensor features)
    {
        using var split = network.Split(layer);
        using var activation = split.Head([images]);
        Assert.Equal(activation.Features.shape, features.shape);
        Assert.Equal(activation.Features.contiguous().bytes.ToArray(), features.contiguous().bytes.ToArray());
    }

    internal static int CountCalls(nn.Module module, string suffix, Action work)
    {
        int calls = 0;
        var counted = (nn.Module<Tensor, Tensor>)module.named_modules().First(named => named.name.EndsWith(suffix, StringComparison.Ordinal)).module;
        var hook = counted.register_forward_pre_hook((_, input) =>
        {
            calls++;
            return input;
        });
        work();
        hook.remove();
        return calls;
    }
}

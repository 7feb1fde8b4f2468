using Iba.Tests;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Weights that hold noise for a while, in modules and TorchScript files.</summary>
public class RandomizedWeightsTests
{
    [Theory]
    [InlineData("sequential", new[] { "features.conv1", "features.norm1", "features.conv2", "fc" })]
    [InlineData("softmax", new[] { "features.conv1", "features.norm1", "features.conv2", "fc" })]
    [InlineData("residual", new[] { "conv1", "conv2", "fc" })]
    public void A_cascade_over_a_module_changes_its_output_and_is_undone_bit_for_bit(string kind, string[] expected)
    {
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var images = TestModules.Images(2);
        Assert.Equal(expected, network.WeightLayers);
        AssertCascade(network, images);
    }

    [Fact]
    public void A_cascade_over_a_TorchScript_file_changes_its_output_and_is_undone_bit_for_bit()
    {
        using var network = TorchScriptNetwork.Load(Path.Combine(AppContext.BaseDirectory, "Networks", "TorchScript", "sequence.pt"), [3, 12, 12]);
        using var generator = new Generator(1);
        using var images = randn([2, 3, 12, 12], generator: generator);
        Assert.Equal(["stem.0", "stem.1", "body.0", "fc"], network.WeightLayers);
        AssertCascade(network, images, constant: "stem.1"); // a batch normalisation of ones and zeros, which have no deviation
    }

    [Fact]
    public void Noise_has_the_mean_and_deviation_of_what_it_replaces_and_follows_from_the_seed()
    {
        using var scope = NewDisposeScope();
        using var module = nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(100, 100)), ("relu", nn.ReLU()), ("last", nn.Linear(100, 3))).Seeded();
        using var network = new ModuleNetwork(module, [100]);
        var weight = module.get_parameter("fc.weight")!;
        using (no_grad()) weight.mul_(3).add_(0.5);
        var before = weight.clone();
        Tensor first, other;
        using (network.RandomizeWeights("fc", 1)) first = weight.clone();
        using (network.RandomizeWeights("fc", 2)) other = weight.clone();
        using (network.RandomizeWeights("fc", 1)) Assert.Equal(first, weight.clone());

        Assert.NotEqual(first, other);
        Assert.Equal(before.mean().item<float>(), first.mean().item<float>(), 0.05 * before.std().item<float>());
        Assert.Equal(1, first.std().item<float>() / before.std().item<float>(), 0.05);
        Assert.InRange((first * before).mean().item<float>() - (first.mean() * before.mean()).item<float>(), -0.05, 0.05);
        Assert.Equal(before, weight.clone());
    }

    [Fact]
    public void Noise_on_noise_is_restored_in_any_order()
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        var weight = module.get_parameter("fc.weight")!;
        var before = weight.clone();
        var first = network.RandomizeWeights("fc", 1);
        var second = network.RandomizeWeights("fc", 2);
        var noise = weight.clone();

        first.Dispose();
        Assert.Equal(noise, weight.clone());
        second.Dispose();
        Assert.Equal(before, weight.clone());
        second.Dispose();
        Assert.Equal(before, weight.clone());
    }

    [Fact]
    public void Disposing_the_network_restores_the_module()
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create("sequential");
        var weight = module.get_parameter("fc.weight")!;
        var before = weight.clone();
        IDisposable noise;
        using (var network = new ModuleNetwork(module, TestModules.InputShape))
        {
            noise = network.RandomizeWeights("fc", 1);
            Assert.NotEqual(before, weight.clone());
        }

        Assert.Equal(before, weight.clone());
        noise.Dispose();
        Assert.Equal(before, weight.clone());
    }

    [Fact]
    public void Unknown_parts_and_saving_noise_are_refused()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        var error = Assert.Throws<ArgumentException>(() => network.RandomizeWeights("features.conv3", 1));
        Assert.Contains("'features.conv1'", error.Message, StringComparison.Ordinal);
        using var noise = network.RandomizeWeights("fc", 1);
        Assert.Contains("saved", Assert.Throws<InvalidOperationException>(() => network.Save(Stream.Null)).Message, StringComparison.Ordinal);
        Assert.Contains("moved", Assert.Throws<InvalidOperationException>(() => network.MoveTo(CPU)).Message, StringComparison.Ordinal);
    }

    private static void AssertCascade(Network network, Tensor images, string? constant = null)
    {
        using var scope = NewDisposeScope();
        using var split = network.SplitAtInput();
        using var origin = split.Head([images]);
        List<byte[]> outputs = [Output()];
        var noise = new Stack<IDisposable>();
        foreach (string layer in network.WeightLayers.Reverse())
        {
            noise.Push(network.RandomizeWeights(layer, 7));
            outputs.Add(Output());
            Assert.Equal(layer == constant, outputs[^2].SequenceEqual(outputs[^1]));
        }

        foreach (byte[] expected in outputs.SkipLast(1).Reverse())
        {
            noise.Pop().Dispose();
            Assert.Equal(expected, Output());
        }

        byte[] Output()
        {
            byte[] whole = network.Forward([images]).bytes.ToArray();
            Assert.Equal(whole, split.Tail(origin.Features, origin).bytes.ToArray());
            return whole;
        }
    }
}

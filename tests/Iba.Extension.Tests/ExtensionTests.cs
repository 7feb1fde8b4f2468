using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Extension.Tests;

/// <summary>Networks that are written outside the library, by its public members alone.</summary>
public class ExtensionTests
{
    [Fact]
    public void A_network_of_ones_own_is_explained()
    {
        using var scope = NewDisposeScope();
        using var network = new DenseNetwork(seed: 1);
        using var split = network.Split("hidden");
        using var accumulator = new LayerStatisticsAccumulator();
        using (var measured = split.Head([Rows(200, seed: 2)])) accumulator.Add(measured.Features);
        using var statistics = accumulator.ToStatistics();
        using var bottleneck = new PerSampleBottleneck(split, statistics, new BottleneckOptions { Beta = 0.1 });
        using var activation = split.Head([Rows(4, seed: 3)]);

        using var result = bottleneck.Explain(activation);

        result.ThrowIfFailed();
        Assert.Equal([4, 8], result.Capacity.shape);
        Assert.Equal(network.Forward([Rows(4, seed: 3)]).argmax(1), result.Targets);
        Assert.True(result.Capacity.ge(0).all().item<bool>());
        Assert.True(result.Capacity.sum(1).gt(0).all().item<bool>());
        using var fork = split.Fork();
        using var other = new PerSampleBottleneck(fork, statistics, new BottleneckOptions { Beta = 0.1 });
        using var same = other.Explain(activation);
        Assert.Equal(result.Capacity, same.Capacity);
    }

    [Fact]
    public void It_is_cut_at_its_input_by_the_forward_pass_with_gradient()
    {
        using var scope = NewDisposeScope();
        using var network = new DenseNetwork(seed: 1);
        using var split = network.SplitAtInput("x");
        Assert.Equal("x", split.LayerName);
        Assert.Equal("x", split.Layer.Name);
        Assert.Equal([1, 6], split.Layer.Shape);
        Assert.Equal(0, split.Layer.CostShare);
        Assert.NotNull(split.HeadFingerprint());
        Assert.False(split.CanFork);
        Assert.Throws<NotSupportedException>(split.Fork);
        Assert.Equal(0, split.ResultBytes(split.Head([Rows(1, seed: 3)])));

        var rows = Rows(2, seed: 3);
        using var origin = split.Head([rows]);
        var versions = origin.Features.repeat_interleave(3, 0).requires_grad_();
        var output = split.Tail(versions, origin);
        output.sum().backward();
        Assert.Equal(rows, origin.Features);
        Assert.Equal(network.Forward([versions.detach()]), output.detach());
        // The network is linear where the ReLU is: f(x) = x df/dx, without biases.
        Assert.True(output.sum(1).detach().allclose((versions.detach() * versions.grad!).sum(1), rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void Features_are_those_of_the_head()
    {
        using var scope = NewDisposeScope();
        using var network = new DenseNetwork(seed: 1);
        using var split = network.Split("hidden");
        var rows = Rows(2, seed: 3);
        using var activation = split.Head([rows]);
        var features = network.Features(["hidden", "hidden"], [rows]);
        Assert.Equal(2, features.Count);
        Assert.All(features, one => Assert.Equal(activation.Features, one));
        Assert.Throws<ArgumentException>(() => network.Features(["nothing"], [rows]));
    }

    [Fact]
    public void A_cascade_of_noise_is_undone_and_the_fingerprint_follows_the_head()
    {
        using var scope = NewDisposeScope();
        using var network = new DenseNetwork(seed: 1);
        using var split = network.Split("hidden");
        var rows = Rows(2, seed: 3);
        var output = network.Forward([rows]);
        string? fingerprint = split.HeadFingerprint();
        using (network.RandomizeWeights("output", 1))
        {
            var changed = network.Forward([rows]);
            Assert.NotEqual(output, changed);
            Assert.Equal(fingerprint, split.HeadFingerprint());
            Assert.Throws<InvalidOperationException>(() => network.Save(Stream.Null));
            using (network.RandomizeWeights("hidden", 1))
            {
                Assert.NotEqual(changed, network.Forward([rows]));
                Assert.NotEqual(fingerprint, split.HeadFingerprint());
            }

            Assert.Equal(changed, network.Forward([rows]));
        }

        Assert.Equal(output, network.Forward([rows]));
        Assert.Equal(fingerprint, split.HeadFingerprint());
        using var equal = new DenseNetwork(seed: 1);
        Assert.Equal(fingerprint, equal.Split("hidden").HeadFingerprint());
    }

    [Fact]
    public void What_a_network_does_not_override_has_a_default_or_says_what_to_override()
    {
        using var scope = NewDisposeScope();
        using var network = new PlainNetwork();
        Assert.Contains("ForwardWithGradient", Assert.Throws<NotSupportedException>(() => network.SplitAtInput()).Message, StringComparison.Ordinal);
        Assert.Contains("embeddings", Assert.Throws<ArgumentException>(() => network.SplitAtInput("ids")).Message, StringComparison.Ordinal);
        Assert.Empty(network.WeightLayers);
        Assert.Contains("RandomizeWeights", Assert.Throws<NotSupportedException>(() => network.RandomizeWeights("product", 1)).Message, StringComparison.Ordinal);
        using var split = network.Split("product");
        Assert.Equal("product", split.LayerName);
        Assert.True(split.Explains("x"));
        Assert.Null(split.HeadFingerprint());
        Assert.False(split.CanFork);

        var features = Assert.Single(network.Features(["product"], [ones(2, 4, dtype: int64), full(2, 4, 3f)]));
        Assert.Equal(full(2, 4, 3f), features);
        Assert.Equal(1, network.Passes);
    }

    [Theory]
    [InlineData("## Write your own network", "DenseNetwork.cs")]
    [InlineData("## Write your own method", "Contribution.cs")]
    public void The_documentation_shows_this_code(string heading, string file)
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "extending.md"));
        string code = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file));
        int start = page.IndexOf("```csharp\n", page.IndexOf(heading, StringComparison.Ordinal), StringComparison.Ordinal) + "```csharp\n".Length;
        Assert.EndsWith(page[start..page.IndexOf("```", start, StringComparison.Ordinal)], code, StringComparison.Ordinal);
    }

    private static Tensor Rows(long count, ulong seed)
    {
        using var generator = new Generator(seed);
        return randn([count, 6], generator: generator);
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public class SplitModuleTests
{
    public static TheoryData<string, string> Cuts
    {
        get
        {
            var cuts = new TheoryData<string, string>();
            foreach (string layer in new[] { "features.conv1", "features.norm1", "features.relu1", "features.pool1", "features.conv2", "features", "flatten", "dropout", "fc" })
            {
                cuts.Add("sequential", layer);
            }

            foreach (string kind in new[] { "residual", "concatenation", "inputBatch" })
            {
                foreach (string layer in new[] { "conv1", "conv2", "fc" }) cuts.Add(kind, layer);
            }

            cuts.Add("inPlaceAdd", "conv2"); // Before that it has no gradient, as in PyTorch: it overwrites what conv2 needs.
            cuts.Add("softmax", "features.conv2");
            cuts.Add("sharedRelu", "relu#1");
            cuts.Add("sharedRelu", "relu#2");
            return cuts;
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Head_and_tail_together_are_the_network(string kind, string layer)
    {
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split(layer);
        using var images = TestModules.Images(3);

        using var origin = split.Head([images]);
        using var output = split.Tail(origin.Features, origin);

        using var expected = network.Forward([images]);
        Assert.Equal(3, origin.Rows);
        Assert.True(output.allclose(expected, 1e-5, 1e-6));
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Many_versions_of_many_rows_give_what_each_gives_alone(string kind, string layer)
    {
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split(layer);
        const int copies = 4;
        foreach (int rows in new[] { 1, 3 })
        {
            using var scope = NewDisposeScope();
            using var origin = split.Head([TestModules.Images(rows)]);
            var features = Noisy(origin.Features, copies);
            var before = features.clone();

            var together = split.Tail(features, origin);

            Assert.Equal([rows * copies, TestModules.Classes], together.shape);
            Assert.True(features.Equals(before), "The tail changed the features.");
            for (int i = 0; i < rows * copies; i++)
            {
                using var own = origin.Slice(i / copies, 1);
                var alone = split.Tail(features.narrow(0, i, 1), own);
                Assert.True(together.narrow(0, i, 1).allclose(alone, 1e-4, 1e-5), $"Row {i / copies}, version {i % copies} of {rows} rows.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Gradients_flow_to_the_features_and_to_no_weight(string kind, string layer)
    {
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split(layer);
        using var scope = NewDisposeScope();
        using var origin = split.Head([TestModules.Images(2)]);
        var features = Noisy(origin.Features, 3).requires_grad_();

        split.Tail(features, origin).pow(2).sum().backward();

        // Against a central difference along one direction. (Near zero, ReLUs kink: hence the loose tolerance.)
        var direction = features.grad!.detach();
        double slope = direction.pow(2).sum().item<float>();
        using var noGradient = no_grad();
        double step = 1e-2 / Math.Sqrt(slope);
        double up = split.Tail(features.detach() + (direction * step), origin).pow(2).sum().item<float>();
        double down = split.Tail(features.detach() - (direction * step), origin).pow(2).sum().item<float>();
        Assert.True(slope > 0);
        Assert.Equal(1, (up - down) / (2 * step) / slope, 0.02);
        Assert.All(module.parameters(), weight => Assert.Null(weight.grad));
    }

    [Theory]
    [InlineData("sequential", "features.conv2", 2, 2)] // one copy of each image
    [InlineData("residual", "conv2", 1, 1)]            // one image: its skip connection spreads over all versions
    [InlineData("residual", "conv2", 2, 8)]            // several: each is repeated
    [InlineData("inputBatch", "conv2", 2, 8)]
    public void The_head_is_run_on_as_few_rows_as_the_module_allows(string kind, string layer, int rows, int expected)
    {
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split(layer);
        using var scope = NewDisposeScope();
        using var origin = split.Head([TestModules.Images(rows)]);
        var features = Noisy(origin.Features, 4);
        split.Tail(features, origin); // tries out
        long seen = 0;
        var first = (nn.Module<Tensor, Tensor>)module.named_modules().First(named => named.name.EndsWith("conv1", StringComparison.Ordinal)).module;
        first.register_forward_hook((_, input, output) =>
        {
            seen = input.shape[0];
            return output;
        });

        split.Tail(features, origin);

        Assert.Equal(expected, seen);
    }

    [Fact]
    public void The_head_stops_at_the_layer()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split("features.pool1");
        using var images = TestModules.Images(2);
        int calls = 0;
        ((nn.Module<Tensor, Tensor>)module.named_modules().First(named => named.name == "features.conv2").module).register_forward_hook((_, _, output) =>
        {
            calls++;
            return output;
        });

        using var origin = split.Head([images]);

        Assert.Equal([2, 8, 8, 8], origin.Features.shape);
        Assert.Equal(0, calls);
    }

    [Theory]
    [InlineData("features.conv1", sizeof(float) * ((2 * 8 * 16 * 16) + (5 * 8 * 8 * 8) + 5))] // norm, relu; pool, conv, relu, flatten, dropout; fc
    [InlineData("features.relu1", sizeof(float) * ((5 * 8 * 8 * 8) + 5))]
    public void The_memory_of_the_tails_results_is_known(string layer, long expected)
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split(layer);
        using var images = TestModules.Images(2);
        using var activation = split.Head([images]);
        Assert.Equal(expected, split.ResultBytes(activation));
        Assert.Equal(expected, split.ResultBytes(activation));
        Assert.False(split.CanFork);
        Assert.Throws<NotSupportedException>(split.Fork);
    }

    [Fact]
    public void Images_are_repeated_where_the_user_says_so()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape) { RepeatsInput = true };
        using var split = network.Split("features.conv2");
        using var scope = NewDisposeScope();
        using var origin = split.Head([TestModules.Images(1)]);
        long largest = 0;
        ((nn.Module<Tensor, Tensor>)module.named_modules().First(named => named.name == "features.conv1").module).register_forward_hook((_, input, output) =>
        {
            largest = Math.Max(largest, input.shape[0]);
            return output;
        });

        split.Tail(Noisy(origin.Features, 4), origin);

        Assert.Equal(4, largest);
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void No_tensor_outlives_a_call(string kind, string layer)
    {
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split(layer);
        using var images = TestModules.Images(2);
        Work();
        using var outer = NewDisposeScope();

        Work();

        Assert.Equal(0, outer.DisposablesCount);

        void Work()
        {
            var statistics = DisposeScopeManager.Statistics.TensorStatistics;
            long before = statistics.ThreadTotalLiveCount;
            using (var origin = split.Head([images]))
            {
                using var features = origin.Features.repeat_interleave(3, 0);
                features.requires_grad_();
                using var output = split.Tail(features, origin);
                using var sum = output.sum();
                sum.backward();
                using var gradient = features.grad;
                features.grad = null;
            }

            Assert.Equal(before, statistics.ThreadTotalLiveCount);
        }
    }

    private static Tensor Noisy(Tensor features, int copies)
    {
        using var generator = new Generator(3);
        var repeated = features.repeat_interleave(copies, 0);
        return repeated + (randn(repeated.shape, generator: generator) * 0.5);
    }
}

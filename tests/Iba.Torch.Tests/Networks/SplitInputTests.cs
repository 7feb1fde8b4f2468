using Iba.Tests;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Cuts at the input of modules.</summary>
public class SplitInputTests
{
    [Theory]
    [InlineData("sequential")]
    [InlineData("softmax")]
    [InlineData("residual")]
    [InlineData("sharedRelu")]
    public void The_tail_is_the_whole_module_and_gradients_flow_to_the_input(string kind)
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create(kind);
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.SplitAtInput();
        var images = TestModules.Images(2);
        var before = images.clone();
        using var origin = split.Head([images]);
        Assert.Equal(images, origin.Features);
        Assert.Empty(origin.Context);

        var versions = origin.Features.repeat_interleave(3, 0).requires_grad_();
        var output = split.Tail(versions, origin);
        Assert.Equal(network.Forward([versions.detach()]), output.detach());
        output[0, 1].backward();

        var leaf = images[0].unsqueeze(0).clone().requires_grad_();
        network.Split("fc").Dispose(); // another cut leaves nothing behind
        using (var again = network.SplitAtInput("input"))
        using (var row = again.Head([leaf.detach()]))
        {
            again.Tail(leaf, row)[0, 1].backward();
        }

        Toy.AssertClose(leaf.grad![0], versions.grad![0]);
        Assert.True(versions.grad![0].ne(0).any().item<bool>());
        Assert.True(versions.grad!.narrow(0, 1, 5).eq(0).all().item<bool>());
        Assert.Equal(before, images);
    }

    [Fact]
    public void The_layer_is_the_input_at_no_cost()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, [3, -1, -1]);
        using var split = network.SplitAtInput();

        Assert.Equal("input", split.LayerName);
        Assert.Equal([1, 3, -1, -1], split.Layer.Shape);
        Assert.Equal(0, split.Layer.CostShare);
        Assert.False(split.Layer.AfterRelu);
        Assert.True(split.Explains("input"));
    }

    [Fact]
    public void The_memory_is_that_of_all_results()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.SplitAtInput();
        using var images = TestModules.Images(2);
        using var origin = split.Head([images]);
        Assert.Equal(sizeof(float) * ((3 * 8 * 16 * 16) + (5 * 8 * 8 * 8) + 5), split.ResultBytes(origin));
    }

    [Fact]
    public void Integers_unknown_inputs_and_wrong_tensors_are_refused()
    {
        using var scope = NewDisposeScope();
        using var module = nn.Sequential(("embedding", nn.Embedding(10, 4)), ("flatten", nn.Flatten()), ("fc", nn.Linear(12, 2))).Seeded();
        using var network = new ModuleNetwork(module, [3], inputType: ScalarType.Int64);
        var error = Assert.Throws<ArgumentException>(() => network.SplitAtInput());
        Assert.Equal("input", error.ParamName);
        Assert.Contains("cut at the embeddings", error.Message, StringComparison.Ordinal);
        Assert.Contains("'input'", Assert.Throws<ArgumentException>(() => network.SplitAtInput("pixels")).Message, StringComparison.Ordinal);

        using var images = new ModuleNetwork(TestModules.Create("sequential"), TestModules.InputShape);
        using var split = images.SplitAtInput();
        Assert.Throws<ArgumentException>(() => split.Head([TestModules.Images(1), TestModules.Images(1)]));
        Assert.Throws<ArgumentException>(() => split.Head([TestModules.Images(1).to(ScalarType.Float64)]));
        using var origin = split.Head([TestModules.Images(2)]);
        Assert.Throws<ArgumentException>(() => split.Tail(TestModules.Images(3), origin));
    }

    [Fact]
    public void No_tensor_outlives_a_call()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.SplitAtInput();
        using var images = TestModules.Images(2);
        Work();
        using var outer = NewDisposeScope();

        Work();

        Assert.Equal(0, outer.DisposablesCount);

        void Work()
        {
            using var origin = split.Head([images]);
            using var features = origin.Features.repeat_interleave(2, 0);
            using var output = split.Tail(features, origin);
        }
    }
}

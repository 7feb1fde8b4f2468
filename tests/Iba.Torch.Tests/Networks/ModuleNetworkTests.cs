using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public class ModuleNetworkTests
{
    [Fact]
    public void Layers_tell_names_shapes_relu_and_cost_in_the_order_of_computation()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);

        var layers = network.Layers;

        Assert.Equal(
            ["features.conv1", "features.norm1", "features.relu1", "features.pool1", "features.conv2", "features.relu2", "features", "flatten", "dropout", "fc"],
            layers.Select(layer => layer.Name));
        Assert.Equal([1, 8, 16, 16], layers[0].Shape);
        Assert.Equal([1, 8, 8, 8], layers[6].Shape);
        Assert.Equal([1, 512], layers[7].Shape);
        Assert.Equal(["features.relu1", "features.relu2", "features"], layers.Where(layer => layer.AfterRelu).Select(layer => layer.Name));
        double conv1 = 8 * 16 * 16 * 27, conv2 = 8 * 8 * 8 * 72, fc = 512 * 5;
        Assert.Equal(conv1 / (conv1 + conv2 + fc), layers[3].CostShare, 1e-9);
        Assert.Equal((conv1 + conv2) / (conv1 + conv2 + fc), layers[6].CostShare, 1e-9);
        Assert.Equal(1, layers[^1].CostShare);
    }

    [Fact]
    public void Layers_follow_the_shape_that_is_asked_for()
    {
        using var module = TestModules.Create("residual");
        using var network = new ModuleNetwork(module, [3, -1, -1]);

        Assert.Throws<InvalidOperationException>(() => network.Layers);
        Assert.Equal([4, 8, 20, 30], network.DescribeLayers([4, 3, 20, 30]).Single(layer => layer.Name == "conv2").Shape);
        using var split = network.Split("conv2");
        Assert.Equal([1, 8, -1, -1], split.Layer.Shape);
    }

    [Fact]
    public void Forward_is_the_module_in_evaluation_mode_without_gradient()
    {
        using var module = TestModules.Create("sequential");
        using var images = TestModules.Images(2);
        module.eval();
        using var expected = module.call(images);
        module.train();
        using var network = new ModuleNetwork(module, TestModules.InputShape);

        using var output = network.Forward([images]);

        Assert.Equal(expected.data<float>().ToArray(), output.data<float>().ToArray());
        Assert.False(output.requires_grad);
    }

    [Fact]
    public void A_final_softmax_is_cut_off()
    {
        using var module = TestModules.Create("softmax");
        using var images = TestModules.Images(2);
        module.eval();
        using var probabilities = module.call(images);
        using (var asLogits = new ModuleNetwork(module, TestModules.InputShape))
        {
            using var logits = asLogits.Forward([images]);
            using var again = logits.softmax(1);
            Assert.Equal(OutputKind.Logits, asLogits.Output);
            Assert.True(again.allclose(probabilities, 1e-6, 1e-7));
            Assert.False(logits.allclose(probabilities, 1e-3, 1e-3));
        }

        using var asProbabilities = new ModuleNetwork(module, TestModules.InputShape, OutputKind.Probabilities);
        using var output = asProbabilities.Forward([images]);
        Assert.Equal(OutputKind.Probabilities, asProbabilities.Output);
        Assert.Equal(probabilities.data<float>().ToArray(), output.data<float>().ToArray());
    }

    [Theory]
    [InlineData("features.convv2", "features.conv2")]
    [InlineData("CONV1", "features.conv1")]
    public void A_wrong_layer_name_fails_with_the_nearest_names(string wrong, string meant)
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);

        var error = Assert.Throws<ArgumentException>(() => network.Split(wrong));

        Assert.Contains($"no layer '{wrong}'. The nearest: {meant}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_that_is_called_twice_is_cut_at_the_call_that_is_named()
    {
        using var module = TestModules.Create("sharedRelu");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var images = TestModules.Images(1);

        var error = Assert.Throws<ArgumentException>(() => network.Split("relu"));
        Assert.Contains("called 2 times", error.Message, StringComparison.Ordinal);
        Assert.Contains("relu#1, relu#2", error.Message, StringComparison.Ordinal);

        using var first = network.Split("relu#1");
        using var second = network.Split("relu#2");
        using var afterFirst = first.Head([images]);
        using var afterSecond = second.Head([images]);
        using var conv1 = network.Split("conv1").Head([images]);
        using var expected = conv1.Features.relu();
        Assert.Equal(expected.data<float>().ToArray(), afterFirst.Features.data<float>().ToArray());
        Assert.NotEqual(afterFirst.Features.data<float>().ToArray(), afterSecond.Features.data<float>().ToArray());
    }

    [Fact]
    public void Bad_inputs_are_refused_before_the_module_sees_them()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var small = zeros(1, 3, 8, 8);
        using var doubles = zeros([1, 3, 16, 16], ScalarType.Float64);
        using var images = TestModules.Images(1);

        Assert.Contains("[N, 3, 16, 16]", Assert.Throws<ArgumentException>(() => network.Forward([small])).Message, StringComparison.Ordinal);
        Assert.Contains("Float64", Assert.Throws<ArgumentException>(() => network.Forward([doubles])).Message, StringComparison.Ordinal);
        Assert.Contains("2 tensors", Assert.Throws<ArgumentException>(() => network.Forward([images, images])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ModuleNetwork(module, []));
        Assert.Throws<ArgumentException>(() => new ModuleNetwork(module, [3, 0, 16]));
    }

    [Fact]
    public void What_libtorch_objects_to_comes_in_one_line()
    {
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, [3, -1, -1]);
        using var large = zeros(1, 3, 32, 32);

        var error = Assert.Throws<InvalidOperationException>(() => network.Forward([large]));

        Assert.StartsWith("The module fails on input of shape [1, 3, 32, 32]: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Training_flags_and_gradients_are_restored_also_after_an_exception()
    {
        using var module = (Sequential)TestModules.Create("sequential");
        module.train();
        var frozenNorm = module.named_modules().Single(named => named.name == "features.norm1").module;
        frozenNorm.eval();
        var frozenWeight = module.parameters().First();
        frozenWeight.requires_grad = false;
        var images = TestModules.Images(1);

        using (var network = new ModuleNetwork(module, TestModules.InputShape))
        {
            Assert.All(module.modules(), part => Assert.False(part.training));
            Assert.All(module.parameters(), weight => Assert.False(weight.requires_grad));
            using var small = zeros(1, 3, 8, 8);
            Assert.Throws<ArgumentException>(() => network.Forward([small]));
            using var split = network.Split("features.conv2");
            using var origin = split.Head([images]);
            using var wrong = zeros(1, 8, 4, 4);
            Assert.Throws<ArgumentException>(() => split.Tail(wrong, origin));
        }

        Assert.True(module.training);
        Assert.All(module.named_modules(), named => Assert.Equal(named.name != "features.norm1", named.module.training));
        Assert.All(module.parameters(), weight => Assert.Equal(!ReferenceEquals(weight, frozenWeight), weight.requires_grad));
        module.eval();
        using var after = module.call(images); // No hook is left that would end the pass.
        Assert.Equal([1, TestModules.Classes], after.shape);
        images.Dispose();
    }

    [Fact]
    public void Disposing_the_module_first_does_no_harm()
    {
        var module = TestModules.Create("sequential");
        var network = new ModuleNetwork(module, TestModules.InputShape);

        module.Dispose();
        network.Dispose();

        Assert.Throws<ObjectDisposedException>(() => network.Split("fc"));
    }
}

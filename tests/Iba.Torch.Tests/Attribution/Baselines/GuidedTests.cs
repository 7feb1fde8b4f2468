using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Guided backpropagation through TorchSharp modules, written out by hand, and networks where it cannot be.</summary>
public sealed class GuidedTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly AttributionRequest _request = new() { ChannelDimension = 0, Target = ExplanationTarget.Class(1) };

    public void Dispose() => _scope.Dispose();

    private static nn.Module<Tensor, Tensor> Module(bool inPlace = false, bool rectified = true)
    {
        var module = nn.Sequential(
            ("first", nn.Linear(4, 9)), ("relu", rectified ? nn.ReLU(inPlace) : nn.Tanh()), ("second", nn.Linear(9, 8)),
            ("relu6", rectified ? nn.ReLU6(inPlace) : nn.Tanh()), ("last", nn.Linear(8, 3)));
        using var noGradient = no_grad();
        int seed = 1;
        foreach (var parameter in module.parameters()) parameter.copy_(Toy.Random(parameter.shape, seed++));
        return module;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_rectifier_hands_back_what_is_positive(bool inPlace)
    {
        using var module = Module(inPlace);
        using var network = new ModuleNetwork(module, [4]);
        using var split = network.SplitAtInput();
        using var method = new GuidedBackpropagation();
        var x = Toy.Random([5, 4], seed: 20);
        using var result = method.Explain(split, [x], _request);

        var weights = module.state_dict();
        var hidden = nn.functional.linear(x, weights["first.weight"], weights["first.bias"]);
        var later = nn.functional.linear(hidden.relu(), weights["second.weight"], weights["second.bias"]);
        var gradient = weights["last.weight"][1].expand(5, -1);
        gradient = gradient.relu() * later.gt(0).logical_and(later.lt(6)).to(float32);
        gradient = gradient.matmul(weights["second.weight"]).relu() * hidden.gt(0).to(float32);
        Toy.AssertClose(gradient.matmul(weights["first.weight"]).abs(), result.Map);

        // Outside of the call gradients are what they were.
        using var plain = new Gradient();
        using var expected = plain.Explain(split, [x], _request);
        Assert.False(expected.Map.allclose(result.Map));
        Assert.Equal(expected.Probabilities, result.Probabilities);
    }

    // Grad-CAM of values without positions is one number: the map is guided backpropagation times it.
    [Fact]
    public void Guided_GradCam_multiplies_by_the_map_of_a_layer()
    {
        using var module = Module();
        using var network = new ModuleNetwork(module, [4]);
        using var split = network.SplitAtInput();
        using var layer = network.Split("relu");
        using var cam = new GradCam();
        using var guided = new GuidedBackpropagation();
        using var both = new GuidedGradCam("relu");
        var x = Toy.Random([5, 4], seed: 20);
        using var map = cam.Explain(layer, [x], new() { Target = ExplanationTarget.Class(1) });
        using var gradient = guided.Explain(split, [x], _request);
        using var result = both.Explain(split, [x], _request);
        Toy.AssertClose(gradient.Map * map.Map.unsqueeze(1), result.Map);
        Assert.True(result.Map.gt(0).any().item<bool>());
    }

    [Fact]
    public void Networks_without_rectifiers_are_refused_by_name()
    {
        using var module = Module(rectified: false);
        using var network = new ModuleNetwork(module, [4]);
        using var split = network.SplitAtInput();
        foreach (var method in new AttributionMethod[] { new GuidedBackpropagation(), new GuidedGradCam("second") })
        {
            string message = Assert.Throws<NotSupportedException>(() => method.Explain(split, [zeros(1, 4)], _request)).Message;
            Assert.Contains($"'{method.Name}' cannot be applied at 'input': no module of the network is a ReLU", message, StringComparison.Ordinal);
            Assert.Contains("Take another method, such as 'smooth-grad'", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void So_are_TorchScript_files_and_networks_of_ones_own()
    {
        using var script = TorchScriptNetwork.Load(Path.Combine(AppContext.BaseDirectory, "Networks", "TorchScript", "sequence.pt"), [3, 12, 12]);
        using var split = script.SplitAtInput();
        using var method = new GuidedBackpropagation();
        string message = Assert.Throws<NotSupportedException>(() => method.Explain(split, [zeros(1, 3, 12, 12)])).Message;
        Assert.Contains("nothing can be replaced inside a TorchScript file: use an ONNX file or a TorchSharp module", message, StringComparison.Ordinal);
        message = Assert.Throws<NotSupportedException>(() => new Linear([6]).Explain(method)).Message;
        Assert.Contains("'ToyNetwork' does not tell its rectifiers; networks from ONNX files and TorchSharp modules do", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guided_GradCam_belongs_at_the_input()
    {
        using var module = Module();
        using var network = new ModuleNetwork(module, [4]);
        using var split = network.SplitAtInput();
        using var method = new GuidedGradCam("no such");
        Assert.Contains("no layer 'no such'", Assert.Throws<ArgumentException>(() => method.Explain(split, [zeros(1, 4)], _request)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new GuidedGradCam(""));
    }
}

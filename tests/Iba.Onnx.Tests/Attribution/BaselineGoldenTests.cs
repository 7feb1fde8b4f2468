using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Gradient, Grad-CAM and occlusion held to Captum's numbers (see Assets/SOURCES.md).</summary>
public sealed class BaselineGoldenTests : IDisposable
{
    private const long Rows = 4;

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly OnnxNetwork _network = OnnxNetwork.Load(ReferenceFile.PathOf("tiny/network.onnx"));
    private readonly Tensor _inputs = ReferenceFile.Read("tiny/inputs.f32", Rows, 3, 32, 32);

    public void Dispose()
    {
        _network.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void The_gradient_is_Captums_saliency()
    {
        using var split = _network.SplitAtInput();
        using var method = new Gradient();
        using var result = method.Explain(split, [_inputs]);
        Assert.Equal([2, 5, 6, 5], result.Targets.data<long>().ToArray());
        Assert.Equal((MapUnit.ScorePerUnit, false), (result.Unit, result.IsSigned));
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read("tiny/saliency.f32", Rows, 32, 32), result.Map), 0, 2e-6);
        Assert.Equal(result.Map, result.ToMap(32, 32));
        Assert.InRange(ReferenceFile.Difference(softmax(_network.Forward([_inputs]), 1), result.Probabilities), 0, 1e-6);
    }

    [Fact]
    public void The_gradient_of_each_channel_is_within_reach_of_a_method()
    {
        using var split = _network.SplitAtInput();
        using var method = new PerChannel();
        method.Explain(split, [_inputs]).Dispose();
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read("tiny/gradient.f32", Rows, 3, 32, 32), method.Found!), 0, 2e-6);
    }

    [Theory]
    [InlineData("relu2", 16)]
    [InlineData("conv3", 8)]
    [InlineData("relu3", 8)]
    public void GradCam_has_the_layers_size_and_is_rectified_before_it_is_stretched(string layer, long side)
    {
        using var split = _network.Split(layer);
        using var rectified = new GradCam();
        using var signed = new GradCam(keepNegative: true);
        using var map = rectified.Explain(split, [_inputs]);
        using var withNegative = signed.Explain(split, [_inputs]);
        var expected = ReferenceFile.Read($"tiny/gradcam_{layer}.f32", Rows, side, side);
        Assert.True(expected.lt(0).any().item<bool>());
        Assert.InRange(ReferenceFile.Difference(expected, withNegative.Map), 0, 5e-6);
        Assert.InRange(ReferenceFile.Difference(expected.relu(), map.Map), 0, 5e-6);
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read($"tiny/gradcam_{layer}_relu_up.f32", Rows, 32, 32), map.ToMap(32, 32)), 0, 5e-6);
        Assert.Equal((true, false), (withNegative.IsSigned, map.IsSigned));
        Assert.Equal(MapUnit.Relative, map.Unit);
    }

    [Fact]
    public void GradCam_with_its_negative_places_is_stretched_as_Captum_does()
    {
        using var split = _network.Split("relu2");
        using var method = new GradCam(keepNegative: true);
        using var result = method.Explain(split, [_inputs]);
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read("tiny/gradcam_relu2_up.f32", Rows, 32, 32), result.ToMap(32, 32)), 0, 5e-6);
    }

    // 32 pixels are 4 windows of 8, or 2 of 14 and one of 4.
    [Theory]
    [InlineData(8)]
    [InlineData(14)]
    public void Occlusion_puts_the_channels_means_in_windows_of_which_the_last_is_cut(int window)
    {
        using var split = _network.SplitAtInput();
        using var method = new Occlusion(window);
        using var result = method.Explain(split, [_inputs]);
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read($"tiny/occlusion_{window}_mean_map.f32", Rows, 32, 32), result.Map), 0, 5e-5);
        Assert.Equal((MapUnit.Score, true), (result.Unit, result.IsSigned));
    }

    [Theory]
    [InlineData("blocks.4", "gradcam_blocks_4.f32", 28, 1e-2)]
    [InlineData("blocks.10", "gradcam_blocks_10.f32", 14, 1e-4)]
    [InlineData("relu6_1/Clip", "gradcam_relu6_1_Clip.f32", 7, 1e-4)]
    [Trait("Speed", "Slow")]
    public void GradCam_of_EfficientNet_lite0(string layer, string file, long side, double tolerance)
    {
        using var network = OnnxNetwork.Load(Path.Combine(AppContext.BaseDirectory, "Assets", "efficientnet-lite0.onnx"));
        using var split = network.Split(layer);
        using var method = new GradCam(keepNegative: true);
        var expected = ReferenceFile.Read($"lite0/{file}", 3, side, side);
        string[] photographs = ["dog", "koala", "chickens"];
        for (int row = 0; row < photographs.Length; row++)
        {
            using var result = method.Explain(split, [Photograph(photographs[row])]);
            Assert.Equal(new long[] { 235, 105, 8 }[row], result.Targets.item<long>());
            Assert.InRange(ReferenceFile.RelativeDifference(expected[row], result.Map[0]), 0, tolerance);
        }
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Gradient_of_EfficientNet_lite0()
    {
        using var network = OnnxNetwork.Load(Path.Combine(AppContext.BaseDirectory, "Assets", "efficientnet-lite0.onnx"));
        using var split = network.SplitAtInput();
        using var method = new Gradient();
        using var result = method.Explain(split, [Photograph("dog")]);
        Assert.InRange(ReferenceFile.RelativeDifference(ReferenceFile.Read("lite0/saliency_dog.f32", 224, 224), result.Map[0]), 0, 2e-2);
    }

    /// <summary>(byte - 127) / 128, <c>[1, 3, 224, 224]</c>.</summary>
    private static Tensor Photograph(string name)
    {
        var image = RgbImage.Load(Path.Combine(AppContext.BaseDirectory, "Assets", "photographs", name + ".png"));
        var pixels = tensor(image.Pixels.ToArray(), dtype: uint8).to(float32).view(1, image.Height, image.Width, 3);
        return ((pixels - 127) / 128).permute(0, 3, 1, 2).contiguous();
    }

    /// <summary>The gradient itself, beside a map.</summary>
    private sealed class PerChannel : AttributionMethod
    {
        public Tensor? Found { get; private set; }

        public override string Name => "per channel";

        public override MapUnit Unit => MapUnit.ScorePerUnit;

        public override bool CutsAtInput => true;

        protected override Iba.Torch.Attribution Explain(AttributionPass pass)
        {
            var gradient = pass.Gradient(pass.Features.unsqueeze(1)).squeeze(1);
            Found = gradient.clone().DetachFromDisposeScope();
            return new Iba.Torch.Attribution(pass, gradient.sum(1));
        }

        protected override void Dispose(bool disposing)
        {
            Found?.Dispose();
            base.Dispose(disposing);
        }
    }
}

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Methods held to Captum's numbers for EfficientNet-Lite0 and photographs (see Assets/SOURCES.md).</summary>
[Trait("Speed", "Slow")]
public sealed class EfficientNetBaselineTests : IDisposable
{
    private static readonly string[] Photographs = ["dog", "koala", "chickens"];

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly OnnxNetwork _network = OnnxNetwork.Load(Path.Combine(AppContext.BaseDirectory, "Assets", "efficientnet-lite0.onnx"));

    public void Dispose()
    {
        _network.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData("blocks.4", "blocks_4", 28, 1e-2)]
    [InlineData("blocks.10", "blocks_10", 14, 1e-4)]
    [InlineData("blocks.15", "blocks_15", 7, 1e-4)]
    [InlineData("relu6_1/Clip", "relu6_1_Clip", 7, 1e-4)]
    public void Class_activation_maps(string layer, string file, long side, double tolerance)
    {
        using var split = _network.Split(layer);
        using var gradCam = new GradCam(keepNegative: true);
        using var layerCam = new LayerCam(keepNegative: true);
        for (int row = 0; row < Photographs.Length; row++)
        {
            using var activation = split.Head([Photograph(Photographs[row])]);
            foreach (var (method, name) in new[] { ((AttributionMethod)gradCam, "gradcam"), (layerCam, "layercam") })
            {
                using var result = method.Explain(split, activation);
                Assert.Equal(new long[] { 235, 105, 8 }[row], result.Targets.item<long>());
                Assert.InRange(ReferenceFile.RelativeDifference(ReferenceFile.Read($"lite0/{name}_{file}.f32", 3, side, side)[row], result.Map[0]), 0, tolerance);
            }
        }
    }

    public static TheoryData<string, AttributionMethod> AtTheInput => new()
    {
        { "saliency_dog", new Gradient() },
        { "gradient_x_input_sum_dog", new GradientTimesInput() },
        { "ig_mean_sum_dog", new IntegratedGradients(InputBaseline.ChannelMean) },
    };

    // Activations on the kinks of ReLU6 fall to either side in float32.
    [Theory]
    [MemberData(nameof(AtTheInput), DisableDiscoveryEnumeration = true)]
    public void Gradients_at_the_input(string file, AttributionMethod method)
    {
        using var split = _network.SplitAtInput();
        using var result = method.Explain(split, [Photograph("dog")]);
        Assert.InRange(ReferenceFile.RelativeDifference(ReferenceFile.Read($"lite0/{file}.f32", 224, 224), result.Map[0]), 0, 2e-2);
    }

    [Fact]
    public void Occlusion_by_zeros()
    {
        const int window = 14, koala = 1;
        const long side = 224 / window;
        using var split = _network.SplitAtInput();
        using var method = new Occlusion(window, InputBaseline.Zero);
        using var result = method.Explain(split, [Photograph(Photographs[koala])]);
        var grid = result.Map[0].view(side, window, side, window).select(3, 0).select(1, 0);
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read("lite0/occlusion_14_zero.f32", 3, side, side)[koala], grid), 0, 5e-4);
    }

    // Clip from 0 to 6 counts as a rectifier: more than half of the gradient's strength does not come through.
    [Fact]
    public void Clip_at_0_is_guided()
    {
        using var split = _network.SplitAtInput();
        using var guided = new GuidedBackpropagation();
        using var gradient = new Gradient();
        using var map = guided.Explain(split, [Photograph("dog")]);
        using var plain = gradient.Explain(split, [Photograph("dog")]);
        Assert.Equal(plain.Probabilities, map.Probabilities);
        Assert.True(ReferenceFile.RelativeDifference(plain.Map, map.Map) > 0.5);
    }

    /// <summary>(byte - 127) / 128, <c>[1, 3, 224, 224]</c>.</summary>
    private static Tensor Photograph(string name)
    {
        var image = RgbImage.Load(Path.Combine(AppContext.BaseDirectory, "Assets", "photographs", name + ".png"));
        var pixels = tensor(image.Pixels.ToArray(), dtype: uint8).to(float32).view(1, image.Height, image.Width, 3);
        return ((pixels - 127) / 128).permute(0, 3, 1, 2).contiguous();
    }
}

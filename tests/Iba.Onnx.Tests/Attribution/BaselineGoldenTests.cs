using System.Globalization;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>All methods held to the numbers of Captum, pytorch-grad-cam and RISE's authors, for a small network (see Assets/SOURCES.md).</summary>
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
        AssertPerFeature("gradient", pass => pass.Gradient(pass.Features.unsqueeze(1)).squeeze(1));
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
    [InlineData(8, "mean")]
    [InlineData(14, "mean")]
    [InlineData(8, "zero")]
    [InlineData(14, "zero")]
    public void Occlusion_fills_windows_of_which_the_last_is_cut(int window, string fill)
    {
        using var split = _network.SplitAtInput();
        using var method = fill == "mean" ? new Occlusion(window) : new Occlusion(window, InputBaseline.Zero);
        using var result = method.Explain(split, [_inputs]);
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read($"tiny/occlusion_{window}_{fill}_map.f32", Rows, 32, 32), result.Map), 0, 5e-5);
        Assert.Equal((MapUnit.Score, true), (result.Unit, result.IsSigned));
    }

    [Theory]
    [InlineData("relu2", 16)]
    [InlineData("conv3", 8)]
    [InlineData("relu3", 8)]
    public void LayerCam_weighs_each_place_by_its_own_positive_gradient(string layer, long side)
    {
        using var split = _network.Split(layer);
        using var signed = new LayerCam(keepNegative: true);
        using var rectified = new LayerCam();
        using var withNegative = signed.Explain(split, [_inputs]);
        using var map = rectified.Explain(split, [_inputs]);
        var expected = ReferenceFile.Read($"tiny/layercam_{layer}.f32", Rows, side, side);
        Assert.InRange(ReferenceFile.Difference(expected, withNegative.Map), 0, 5e-6);
        Assert.InRange(ReferenceFile.Difference(expected.relu(), map.Map), 0, 5e-6);
        Assert.Equal((MapUnit.Relative, true, false), (map.Unit, withNegative.IsSigned, map.IsSigned));
    }

    [Fact]
    public void Gradient_times_input_is_Captums()
    {
        AssertPerFeature("gradient_x_input", GradientTimesInput.PerFeature);
        using var method = new GradientTimesInput();
        AssertMap(method, "gradient_x_input", (MapUnit.Score, true), values => values.sum([1L]), 6e-6);
    }

    [Theory]
    [InlineData("zero")]
    [InlineData("mean")]
    public void Integrated_gradients_are_Captums_and_say_what_they_miss(string baseline)
    {
        using var method = new IntegratedGradients(baseline == "zero" ? InputBaseline.Zero : InputBaseline.ChannelMean);
        AssertPerFeature($"ig_{baseline}", method.PerFeature);
        AssertMap(method, $"ig_{baseline}", (MapUnit.Score, true), values => values.sum([1L]), 6e-6);

        // integrated_gradients_completeness in case.json: sum, and difference of the logits.
        (double Sum, double Difference)[] expected = baseline == "zero"
            ? [(2.1032374, 2.1243354), (2.8097650, 2.8151432), (3.0369619, 3.0138509), (3.2869507, 3.3089800)]
            : [(2.1000370, 2.0733333), (4.6472781, 4.6075029), (2.3747739, 2.4028038), (5.4849217, 5.4417705)];
        using var split = _network.SplitAtInput();
        using var result = (IntegratedGradientsResult)method.Explain(split, [_inputs]);
        Assert.All(Enumerable.Range(0, (int)Rows), row =>
        {
            Assert.Equal(expected[row].Difference, result.ScoreDifference[row].item<float>(), 2e-5);
            Assert.Equal(expected[row].Sum - expected[row].Difference, result.CompletenessError[row].item<float>(), 5e-5);
        });
    }

    [Fact]
    public void More_steps_miss_less()
    {
        using var split = _network.SplitAtInput();
        using var coarse = new IntegratedGradients(InputBaseline.ChannelMean, steps: 2);
        using var fine = new IntegratedGradients(InputBaseline.ChannelMean, steps: 800);
        using var one = (IntegratedGradientsResult)coarse.Explain(split, [_inputs[..1]]);
        using var other = (IntegratedGradientsResult)fine.Explain(split, [_inputs[..1]]);
        Assert.True((other.CompletenessError.abs() / other.ScoreDifference).max().item<float>() < 2e-3);
        Assert.True((one.CompletenessError.abs() / one.ScoreDifference).max().item<float>() > 5e-3);
    }

    [Fact]
    public void SmoothGrad_with_Captums_noise_is_Captums()
    {
        using var noise = ReferenceFile.Read("tiny/smoothgrad_noise.f32", Rows, 8, 3, 32, 32);
        using var method = new SmoothGrad(8, 0.15, 0, new RecordedNoise(noise));
        AssertPerFeature("smoothgrad", method.PerFeature);
        AssertMap(method, "smoothgrad", (MapUnit.ScorePerUnit, false), values => values.abs().amax([1L]), 2e-6);
    }

    [Fact]
    public void Guided_backpropagation_is_Captums()
    {
        AssertPerFeature("guided_backprop", pass => pass.GuidedGradient());
        using var method = new GuidedBackpropagation();
        AssertMap(method, "guided_backprop", (MapUnit.Relative, false), values => values.abs().amax([1L]), 2e-6);
    }

    [Fact]
    public void Guided_GradCam_is_Captums_stretched_bilinearly()
    {
        using var method = new GuidedGradCam("relu3");
        AssertPerFeature("guided_gradcam_relu3_bilinear", method.PerFeature, 5e-6);
        AssertMap(method, "guided_gradcam_relu3_bilinear", (MapUnit.Relative, false), values => values.abs().amax([1L]), 5e-6);
    }

    [Theory]
    [InlineData("probability", 5e-6)]
    [InlineData("logit", 2e-5)]
    public void Rise_with_its_authors_masks_is_theirs(string score, double tolerance)
    {
        var masks = new RecordedMasks(ReferenceFile.Read("tiny/rise_masks.f32", 50, 32, 32));
        using var method = new Rise(50, 8, 0.5, score == "probability", 0, masks);
        using var split = _network.SplitAtInput();
        using var result = method.Explain(split, [_inputs]);
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read($"tiny/rise_{score}.f32", Rows, 32, 32), result.Map), 0, tolerance);
        Assert.Equal((MapUnit.Relative, score == "logit"), (result.Unit, result.IsSigned));
    }

    [Fact]
    public void Masks_of_Rise_are_stretched_and_shifted_as_its_authors_do()
    {
        var grids = ReferenceFile.Read("tiny/rise_grids.f32", 50, 8, 8);
        var expected = ReferenceFile.Read("tiny/rise_masks.f32", 50, 32, 32);
        long[][] shifts = File.ReadAllLines(ReferenceFile.PathOf("tiny/rise_shifts.txt"))
            .Select(line => line.Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.All(shifts, (shift, mask) => Assert.InRange(ReferenceFile.Difference(expected[mask], RiseMasks.Stretch(grids[mask], [32, 32], shift, cells: 8)), 0, 1e-6));
    }

    private void AssertPerFeature(string file, Func<AttributionPass, Tensor> compute, double tolerance = 2e-6)
    {
        using var split = _network.SplitAtInput();
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read($"tiny/{file}.f32", Rows, 3, 32, 32), PerFeature.Of(split, _inputs, compute)), 0, tolerance);
    }

    private void AssertMap(AttributionMethod method, string file, (MapUnit, bool) kind, Func<Tensor, Tensor> reduce, double tolerance)
    {
        using var split = _network.SplitAtInput();
        using var result = method.Explain(split, [_inputs]);
        Assert.InRange(ReferenceFile.Difference(reduce(ReferenceFile.Read($"tiny/{file}.f32", Rows, 3, 32, 32)), result.Map), 0, tolerance);
        Assert.Equal(kind, (result.Unit, result.IsSigned));
    }
}

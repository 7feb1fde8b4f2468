using Iba.Torch;
using Microsoft.ML;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Networks of other number types than float32, and with a single output.</summary>
public sealed class NumberTypeTests
{
    private readonly MLContext _ml = new(seed: 1);

    private static nn.Module<Tensor, Tensor> Network(ScalarType type, long outputs)
    {
        var module = nn.Sequential(
            ("conv", nn.Conv2d(3, 6, 3, padding: 1)), ("relu", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("fc", nn.Linear(6, outputs)));
        using var generator = new Generator(7);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (_, parameter) in module.named_parameters()) parameter.copy_(randn(parameter.shape, generator: generator));
        return module.to(type);
    }

    private ExplainedRow[] Explain(ScalarType type, long outputs, Action<IbaEstimator.Options>? change = null)
    {
        using var module = Network(type, outputs);
        using var network = new ModuleNetwork(module, [3, PixelRow.Side, PixelRow.Side]);
        return Explain(network, change);
    }

    private ExplainedRow[] Explain(Network network, Action<IbaEstimator.Options>? change = null)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Layer = "relu",
            Seed = 5,
            TotalBitsColumnName = "Bits",
            TargetColumnName = "Target",
            ScoresColumnName = "Scores",
        };
        change?.Invoke(options);
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(6));
        using var transformer = _ml.Transforms.Iba(options).Fit(data);
        return _ml.Read(transformer.Transform(data));
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-3)]
    [InlineData(ScalarType.BFloat16, 0.2)]
    [InlineData(ScalarType.Float16, 0.1)]
    public void Any_floating_point_network_is_explained_alike(ScalarType type, double tolerance)
    {
        var expected = Explain(ScalarType.Float32, 4);
        foreach (var (one, other) in expected.Zip(Explain(type, 4)))
        {
            Assert.True(one.Bits > 1);
            Assert.Equal(one.Bits, other.Bits, tolerance * one.Bits);
            Assert.Equal(one.Target, other.Target);
        }
    }

    [Fact]
    public void A_single_output_stands_for_two_classes()
    {
        var rows = Explain(ScalarType.Float32, 1, options => (options.Output, options.ClassNames) = (OutputKind.Logits, ["no", "yes"]));
        Assert.All(rows, row =>
        {
            Assert.Equal(2, row.Scores.Length);
            Assert.Equal(1, row.Scores.Sum(), 1e-5);
            Assert.Equal(row.Scores[1] > row.Scores[0] ? 1 : 0, row.Target);
            Assert.True(row.Bits > 0);
        });
        Assert.Contains("TargetIndex", Assert.ThrowsAny<ArgumentException>(() => Explain(ScalarType.Float32, 1, options => (options.Output, options.TargetIndex) = (OutputKind.Logits, 2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_caller_in_inference_mode_gets_the_same()
    {
        using var module = Network(ScalarType.Float32, 4);
        using var network = new ModuleNetwork(module, [3, PixelRow.Side, PixelRow.Side]);
        var expected = Explain(network);
        using var mode = inference_mode();
        foreach (var (one, other) in expected.Zip(Explain(network))) Assert.Equal(one.Heatmap, other.Heatmap);
    }
}

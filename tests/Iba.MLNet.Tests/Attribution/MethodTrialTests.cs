using Iba.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Fit tries the method on a row: what cannot work fails there, and integrated gradients say how much they miss.</summary>
public sealed class MethodTrialTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly List<(ChannelMessageKind Kind, string Message)> _log = [];

    public MethodTrialTests() => _ml.Log += (_, log) => _log.Add((log.Kind, log.RawMessage));

    public void Dispose() => _network.Dispose();

    private AttributionTransformer Fit(AttributionMethod method, PixelRow[]? rows = null, Network? network = null)
        => _ml.Transforms.Attribution("Heatmap", "Pixels", network ?? _network, method).Fit(_ml.Data.LoadFromEnumerable(rows ?? PixelRow.Make(3)));

    private static nn.Module<Tensor, Tensor> Rectified() => nn.Sequential(
        ("conv", nn.Conv2d(3, 4, 3)), ("relu", nn.ReLU()), ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("last", nn.Linear(4, 3))).Seeded();

    [Fact]
    public void Networks_without_rectifiers_are_refused_by_fit()
    {
        using var method = new GuidedBackpropagation();
        string message = Assert.ThrowsAny<InvalidOperationException>(() => Fit(method)).Message;
        Assert.Contains(
            "Fit tried 'guided-backpropagation' on the first row: 'guided-backpropagation' cannot be applied at 'images': 'ConvolutionalNetwork' does not tell its rectifiers",
            message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_that_does_not_exist_is_refused_by_fit()
    {
        using var module = Rectified();
        using var network = new ModuleNetwork(module, [3, 16, 16]);
        using var method = new GuidedGradCam("relu2");
        Assert.Contains("no layer 'relu2'. The nearest: relu", Assert.ThrowsAny<InvalidOperationException>(() => Fit(method, network: network)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_baseline_that_does_not_fit_is_refused_by_fit()
    {
        using var scope = NewDisposeScope();
        using var method = new IntegratedGradients(InputBaseline.Of(zeros(4, 1, 1)));
        Assert.Contains("The baseline is [4, 1, 1], but a row of features", Assert.ThrowsAny<InvalidOperationException>(() => Fit(method)).Message, StringComparison.Ordinal);
    }

    // 2000 masks would take 2000 passes.
    [Fact]
    public void A_trial_takes_little()
    {
        using var rise = new Rise();
        using var smooth = new SmoothGrad();
        using var occlusion = new Occlusion(1);
        foreach (var method in new AttributionMethod[] { rise, smooth, occlusion })
        {
            _network.ForwardCalls.Clear();
            using var transformer = Fit(method);
            Assert.InRange(_network.ForwardCalls.Sum(), 1, 8);
        }
    }

    [Fact]
    public void Rows_that_cannot_be_explained_are_no_reason_to_refuse()
    {
        using var method = new Undefined();
        using var transformer = Fit(method);
        Assert.Contains(_log, entry => entry.Kind == ChannelMessageKind.Warning
            && entry.Message.Contains("'undefined' explains none of the first rows: its map holds NaN or infinity", StringComparison.Ordinal));
    }

    private sealed class Undefined : AttributionMethod
    {
        public override string Name => "undefined";

        public override MapUnit Unit => MapUnit.Relative;

        public override bool CutsAtInput => true;

        protected override Attribution Explain(AttributionPass pass) => new(pass, (pass.Features * double.NaN).sum([1L]));
    }

    [Theory]
    [InlineData(1, ChannelMessageKind.Warning)]
    [InlineData(400, ChannelMessageKind.Info)]
    public void Integrated_gradients_say_what_they_miss(int steps, ChannelMessageKind kind)
    {
        using var method = new IntegratedGradients(steps: steps);
        using var transformer = Fit(method);
        var (found, message) = Assert.Single(_log, entry => entry.Message.Contains("Integrated gradients sum to", StringComparison.Ordinal));
        Assert.Equal(kind, found);
        Assert.Contains("in the score of the first row", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guided_methods_give_the_bits_of_a_row_alone()
    {
        using var module = Rectified();
        using var network = new ModuleNetwork(module, [3, 16, 16]);
        var rows = PixelRow.Make(10);
        foreach (var method in new AttributionMethod[] { new GuidedBackpropagation(), new GuidedGradCam("relu") })
        {
            using var transformer = Fit(method, rows, network);
            using var split = network.SplitAtInput();
            float[][] found = transformer.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Heatmap").ToArray();
            for (int row = 0; row < rows.Length; row++)
            {
                using var scope = NewDisposeScope();
                using var result = method.Explain(split, [tensor(rows[row].Pixels).view(1, 3, 16, 16)]);
                Assert.Equal(result.ToMap(16, 16).data<float>().ToArray(), found[row]);
            }

            method.Dispose();
        }
    }
}

using Iba.Torch;
using Microsoft.ML;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>A layer whose positions cannot be laid over the input: the message names layers around it that can.</summary>
public class NeighbourTests
{
    private sealed class Function(Func<Tensor, Tensor> function) : nn.Module<Tensor, Tensor>("function")
    {
        public override Tensor forward(Tensor input) => function(input);
    }

    [Fact]
    public void Windows_of_a_picture_name_the_layers_before_and_after_them()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        var weights = randn([3, 4], generator: generator);
        using var network = new ModuleNetwork(
            nn.Sequential(
                ("stem", new Function(x => x.tanh())),
                ("windows", new Function(x => x.reshape(x.shape[0], 3, 2, 8, 2, 8) * 2)),
                ("merged", new Function(x => x.reshape(x.shape[0], 3, 16, 16).tanh())),
                ("classes", new Function(x => x.mean([2, 3]).matmul(weights)))),
            [3, 16, 16]);
        var ml = new MLContext(seed: 1);
        var estimator = ml.Transforms.Iba("Heatmap", "Pixels", network, "windows");
        var failure = Assert.Throws<InvalidOperationException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(PixelRow.Make(4))));
        Assert.Contains("4-dimensional positions cannot be laid over an input of size [16, 16]", failure.Message, StringComparison.Ordinal);
        Assert.Contains("such as 'stem' [1, 3, 16, 16] before it or 'merged' [1, 3, 16, 16] after it", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(ml.Transforms.Iba("Heatmap", "Pixels", network, "merged").Fit(ml.Data.LoadFromEnumerable(PixelRow.Make(4))));
    }
}

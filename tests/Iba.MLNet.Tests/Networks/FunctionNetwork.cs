using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>A TorchSharp network out of two functions, whose weights belong to the dispose scope around: layer "features" gives what the first returns, the second makes 4 logits of it.</summary>
internal static class FunctionNetwork
{
    /// <param name="inputShape">The shape of one row, without the batch; -1 where it varies.</param>
    /// <param name="features">The layer.</param>
    /// <param name="positions">The dimensions of the features' positions, over which the second part takes the mean of every channel.</param>
    /// <param name="channels">The number of channels.</param>
    public static ModuleNetwork Create(long[] inputShape, Func<Tensor, Tensor> features, long[] positions, int channels)
    {
        using var generator = new Generator(3, CPU);
        var weights = randn([channels, 4], generator: generator).mul_(3);
        return new ModuleNetwork(
            nn.Sequential(("features", new Function(features)), ("classes", new Function(Classify))), inputShape);

        Tensor Classify(Tensor x) => (positions.Length == 0 ? x.tanh() : x.tanh().mean(positions)).matmul(weights);
    }

    private sealed class Function(Func<Tensor, Tensor> function) : nn.Module<Tensor, Tensor>("function")
    {
        public override Tensor forward(Tensor input) => function(input);
    }
}

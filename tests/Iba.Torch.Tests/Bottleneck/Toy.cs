using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Small networks, features and statistics from a seed. Tensors belong to the dispose scope around the call.</summary>
internal static class Toy
{
    public const int Classes = 4;

    public static Tensor Random(long[] shape, int seed = 1)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator);
    }

    /// <summary>A nonlinear tail that mixes all features of a row (a fixed random layer, tanh, a second one).</summary>
    public static ToyNetwork Dense(long[] row, OutputKind output = OutputKind.Logits, Func<Tensor, Tensor>? last = null)
    {
        long neurons = row.Aggregate(1L, (product, size) => product * size);
        var first = Random([neurons, 16], seed: 11) / Math.Sqrt(neurons) * 3;
        var second = Random([16, Classes], seed: 12);
        return new ToyNetwork(
            features =>
            {
                var outputs = features.flatten(1).matmul(first.to_type(features.dtype)).tanh().matmul(second.to_type(features.dtype));
                return last is null ? outputs : last(outputs);
            },
            output);
    }

    /// <summary>A tail that averages over positions, so that it takes any number of them: channels in dimension 1 or 2.</summary>
    public static ToyNetwork Pooled(long channels, int channelDimension)
    {
        var weights = Random([channels, Classes], seed: 13) * 2;
        return new ToyNetwork(features => features.tanh().movedim([channelDimension], [1]).flatten(2).mean([2]).matmul(weights));
    }

    public static LayerStatistics Statistics(long[] row, int channelDimension = 1, bool perChannel = false)
    {
        using var accumulator = new LayerStatisticsAccumulator(channelDimension, perChannel);
        accumulator.Add(Random([50, .. row], seed: 21));
        return accumulator.ToStatistics();
    }

    public static BottleneckResult Explain(
        SplitNetwork network, LayerStatistics statistics, Tensor features, BottleneckOptions? options = null, Tensor? targets = null, Tensor? mask = null)
    {
        using var bottleneck = new PerSampleBottleneck(network, statistics, options);
        using var activation = new Activation(features.alias(), []);
        return bottleneck.Explain(activation, targets, mask);
    }

    public static void AssertClose(Tensor expected, Tensor actual, double share = 1e-5)
    {
        Assert.Equal(expected.shape, actual.shape);
        double largest = expected.abs().max().to_type(ScalarType.Float64).item<double>();
        double difference = (expected - actual).abs().max().to_type(ScalarType.Float64).item<double>();
        Assert.True(difference <= share * largest, $"Differs by {difference:g3}; the largest value is {largest:g3}.");
    }

    public static double Total(Tensor tensor) => tensor.to_type(ScalarType.Float64).sum().item<double>();
}

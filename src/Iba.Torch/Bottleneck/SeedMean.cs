using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The mean of what the bottleneck finds with several seeds.</summary>
internal static class SeedMean
{
    /// <summary>The network's own prediction, the targets and their boxes, which no seed changes, among <see cref="Attribution.Tensors"/>.</summary>
    private const int Probabilities = 1, Boxes = 3;

    /// <summary>Sums the results in the order of the seeds, and divides once: the same bits whatever rows share the pass.</summary>
    /// <param name="seeds">The number of seeds, at least 2.</param>
    /// <param name="run">Gives what a seed finds, told its index from 0.</param>
    /// <returns>The mean; its tensors belong to the dispose scope around the call.</returns>
    public static BottleneckResult Of(int seeds, Func<int, BottleneckResult> run)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var first = run(0);
        var maps = new List<Tensor> { first.Map };
        var sums = first.Tensors.Select(tensor => tensor.clone()).ToArray();
        for (int index = 1; index < seeds; index++)
        {
            using var inner = NewDisposeScope();
            var result = run(index);
            for (int i = 0; i < sums.Length; i++)
            {
                if (i is < Probabilities or > Boxes) sums[i].add_(result.Tensors[i]);
            }

            maps.Add(result.Map.MoveToOuterDisposeScope());
        }

        Tensor[] means = [.. sums.Select((sum, i) => i is >= Probabilities and <= Boxes ? sum : sum.div_(seeds)), stack(maps, 1)];
        foreach (var mean in means) mean.MoveToOuterDisposeScope();
        return (BottleneckResult)first.With(means, []);
    }
}

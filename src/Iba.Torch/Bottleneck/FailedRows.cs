using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Finds the rows of a result that are not to be trusted.</summary>
internal static class FailedRows
{
    /// <summary>Lists rows that failed and sets their values to NaN. The host waits for the device here.</summary>
    /// <param name="result">What the optimisation gave.</param>
    /// <param name="features">The layer's features, <c>[N, ...]</c>.</param>
    /// <param name="targets">The classes asked for, <c>[N]</c>.</param>
    /// <param name="targetExists">bool <c>[N]</c>: whether the network has that class.</param>
    /// <param name="positions">bool <c>[N, positions...]</c>, or null: all exist.</param>
    /// <param name="firstRow">The index of the first row in the caller's batch.</param>
    public static BottleneckResult Mark(
        BottleneckResult result, Tensor features, Tensor targets, Tensor targetExists, Tensor? positions, long firstRow)
    {
        var finite = result.Loss.isfinite().all(1).logical_and_(result.Capacity.flatten(1).isfinite().all(1));
        var good = finite.logical_and(targetExists);
        if (good.all().item<bool>()) return result;

        var failures = new List<RowFailure>();
        var wanted = targets.cpu().data<long>();
        var goodRows = good.cpu().data<bool>();
        var existing = targetExists.cpu().data<bool>();
        for (long row = 0; row < features.shape[0]; row++)
        {
            if (goodRows[row]) continue;
            failures.Add(new(firstRow + row, Reason(row)));
        }

        var bad = good.logical_not();
        foreach (var tensor in result.Tensors.Where(tensor => tensor.is_floating_point()))
        {
            tensor.masked_fill_(bad.view([-1, .. Enumerable.Repeat(1L, (int)tensor.dim() - 1)]), double.NaN);
        }

        result.Failures = failures;
        return result;

        string Reason(long row)
        {
            if (positions is not null && !positions[row].any().item<bool>()) return "its mask leaves no position";
            var missing = features[row].isfinite().logical_not();
            long count = missing.sum().item<long>();
            if (count > 0)
            {
                return $"{count} of its {missing.numel()} features are NaN or infinite: check the input and the network before the layer";
            }

            if (!existing[row]) return $"its target {wanted[row]} is no class of the network (0 to {result.Probabilities.shape[1] - 1})";
            var steps = result.Loss[row].isfinite().logical_not().nonzero();
            return steps.shape[0] > 0
                ? $"its loss became NaN or infinite at step {steps[0].item<long>()}: check the network after the layer, or lower the learning rate"
                : "its capacity is not finite: features lie too far from the layer's mean for their deviation";
        }
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Finds the rows of a result that are not to be trusted.</summary>
internal static class FailedRows
{
    /// <summary>Lists rows that failed and sets their values to NaN. The host waits for the device here.</summary>
    /// <param name="result">What the method gave. Its tensors stay as they are: they may share memory with what the caller handed in.</param>
    /// <param name="pass">The rows.</param>
    /// <returns>The result itself where no row failed.</returns>
    public static Attribution Mark(Attribution result, AttributionPass pass)
    {
        using var grad = no_grad();
        var features = pass.Activation.Features;
        var predicted = pass.LogProbabilities.isnan().any(1).logical_not();
        var finite = result.FiniteRows().to(predicted.device);
        var good = finite.logical_and(predicted).logical_and(pass.TargetExists);
        if (pass.Mask is not null) good = good.logical_and(pass.Mask.flatten(1).any(1).to(good.device));
        if (good.all().item<bool>()) return result;

        var failures = new List<RowFailure>();
        var wanted = pass.AskedTargets.cpu().data<long>();
        var goodRows = good.cpu().data<bool>();
        var existing = pass.TargetExists.cpu().data<bool>();
        var finiteRows = finite.cpu().data<bool>();
        for (long row = 0; row < features.shape[0]; row++)
        {
            if (goodRows[row]) continue;
            failures.Add(new(row, Reason(row)));
        }

        var bad = good.logical_not();
        return result.With(result.Tensors.Select(WithoutBadRows).ToArray(), failures);

        Tensor WithoutBadRows(Tensor tensor) => tensor.is_floating_point()
            ? tensor.masked_fill(bad.to(tensor.device).view([-1, .. Enumerable.Repeat(1L, (int)tensor.dim() - 1)]), double.NaN)
            : tensor;

        string Reason(long row)
        {
            if (pass.Mask is not null && !pass.Mask[row].any().item<bool>()) return "its mask leaves no position";
            var missing = features[row].isfinite().logical_not();
            long count = missing.sum().item<long>();
            if (count > 0)
            {
                return $"{count} of its {missing.numel()} features are NaN or infinite: check the input and the network before the layer";
            }

            if (!existing[row]) return $"its target {wanted[row]} is no class of the network (0 to {pass.LogProbabilities.shape[1] - 1})";
            return finiteRows[row] ? "the network's output for it is NaN: check the network after the layer" : result.NotFinite(row);
        }
    }
}

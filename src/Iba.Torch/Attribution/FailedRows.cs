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
        var question = pass.Question;
        var predicted = question.Clean.isnan().any(1).logical_not();
        var finite = result.FiniteRows().to(predicted.device);
        var good = finite.logical_and(predicted).logical_and(question.Exists);
        if (pass.Mask is not null) good = good.logical_and(pass.Mask.flatten(1).any(1).to(good.device));
        if (good.all().item<bool>()) return result;

        var failures = new List<RowFailure>();
        var wanted = question.Asked.cpu().data<long>();
        var goodRows = good.cpu().data<bool>();
        var existing = question.Exists.cpu().data<bool>();
        var finiteRows = finite.cpu().data<bool>();
        for (long row = 0; row < features.shape[0]; row++)
        {
            if (goodRows[row]) continue;
            failures.Add(new(row, Reason(row)));
        }

        return Without(result, good.logical_not(), failures);

        string Reason(long row)
        {
            if (pass.Mask is not null && !pass.Mask[row].any().item<bool>()) return "its mask leaves no position";
            var missing = features[row].isfinite().logical_not();
            long count = missing.sum().item<long>();
            if (count > 0)
            {
                return $"{count} of its {missing.numel()} features are NaN or infinite: check the input and the network before the layer";
            }

            if (!existing[row]) return question.Missing(wanted[row]);
            return finiteRows[row] ? "the network's output for it is NaN: check the network after the layer" : result.NotFinite(row);
        }
    }

    /// <summary>A result with NaN in some rows.</summary>
    /// <param name="result">The result; its tensors stay as they are.</param>
    /// <param name="bad">Which rows, bool <c>[N]</c>.</param>
    /// <param name="failures">What is wrong with them.</param>
    public static Attribution Without(Attribution result, Tensor bad, IReadOnlyList<RowFailure> failures)
    {
        return result.With(result.Tensors.Select(WithoutBadRows).ToArray(), failures);

        Tensor WithoutBadRows(Tensor tensor) => tensor.is_floating_point()
            ? tensor.masked_fill(bad.to(tensor.device).view([-1, .. Enumerable.Repeat(1L, (int)tensor.dim() - 1)]), double.NaN)
            : tensor;
    }
}

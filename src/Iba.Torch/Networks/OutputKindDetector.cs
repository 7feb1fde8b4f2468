using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Tells logits from probabilities by their values, where neither the user nor the network says it.</summary>
internal static class OutputKindDetector
{
    private const double Tolerance = 1e-3;

    /// <summary>
    /// Probabilities when every finite row lies within 0..1 and sums to 1 (within 1e-3), else logits;
    /// <see cref="OutputKind.Auto"/> when no row is finite, so that there is nothing to look at.
    /// </summary>
    /// <param name="outputs">A classifier's outputs, <c>[N, classes]</c>.</param>
    /// <exception cref="InvalidOperationException">A single output, which may be either, or the value of a regression.</exception>
    public static OutputKind Detect(Tensor outputs)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var finite = outputs.isfinite().all(1);
        if (!finite.any().item<bool>()) return OutputKind.Auto;
        var rows = outputs[finite].to_type(ScalarType.Float32);
        var within = rows.ge(-Tolerance).logical_and_(rows.le(1 + Tolerance)).all(1);
        if (outputs.shape[1] == 1)
        {
            throw new InvalidOperationException(
                "The network has a single output: a logit, a probability, or the value of a regression? " +
                $"Set the option Output to {OutputKind.Logits} (two classes; a value above 0 is the second one, and the map shows what " +
                $"speaks for it) or {OutputKind.Probabilities} (that of the second class). Of a regression, explain the target Value.");
        }

        var sumsToOne = rows.sum(1).sub_(1).abs_().le(Tolerance);
        return within.logical_and_(sumsToOne).all().item<bool>() ? OutputKind.Probabilities : OutputKind.Logits;
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Insertion and deletion for tokens or bytes: the target's probability while tokens are put into a row of replacements, and while they
/// are replaced, in both cases the most relevant first.
/// </summary>
/// <remarks>
/// The result is the area under each curve over the share of changed tokens, by the trapezoid rule, 0 to 1: insertion higher is better,
/// deletion lower is better. Only the positions of <see cref="AttributionRequest.Mask"/> change: leave padding out of it, and special tokens that
/// every text has. Equal tokens go in their order. After Petsiuk et al. 2018 (pictures) and DeYoung et al. 2020, "ERASER" (sufficiency and comprehensiveness).
/// </remarks>
/// <param name="replacement">The id that stands for nothing, at least 0: that of [MASK], where the network was trained with it, or else of padding.</param>
/// <param name="tokensPerStep">How many tokens change from one point of the curves to the next, at least 1; default 1.</param>
public sealed class TokenInsertionDeletion(long replacement, int tokensPerStep = 1)
{
    // ONNX counts negative indices from the end of the vocabulary: such an id would be taken for another one.
    private readonly long _replacement = replacement >= 0
        ? replacement
        : throw new ArgumentOutOfRangeException(nameof(replacement), replacement, $"The replacement is {replacement}; allowed: ids, at least 0.");

    private readonly int _tokensPerStep = tokensPerStep >= 1
        ? tokensPerStep
        : throw new ArgumentOutOfRangeException(nameof(tokensPerStep), tokensPerStep, $"{tokensPerStep} tokens change in a step; allowed: at least 1.");

    /// <summary>Judges maps of rows.</summary>
    /// <param name="rows">The rows; <see cref="AttributionRequest.ChannelDimension"/> 0.</param>
    /// <param name="maps">float <c>[N, L]</c>, one value for each token.</param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    /// <returns>The curves of each row; NaN for a row whose map holds NaN or infinity, whose class does not exist, or that has no token.</returns>
    /// <exception cref="ArgumentException">The maps have another size, or the explained input holds no integers, or none as large as the replacement.</exception>
    public IReadOnlyList<InsertionDeletionCurves> Measure(EvaluationRows rows, Tensor maps, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Input.is_floating_point())
        {
            throw new ArgumentException($"The explained input is {rows.Input.dtype}, no token ids: use {nameof(InsertionDeletion)}, or name the input of the ids.", nameof(rows));
        }

        using (var scope = NewDisposeScope())
        {
            long held = tensor(_replacement).to(rows.Input.dtype).to(ScalarType.Int64).item<long>();
            if (held != _replacement) throw new ArgumentException($"The explained input is {rows.Input.dtype}, which cannot hold the replacement {_replacement}.", nameof(rows));
        }

        return PositionCurves.Measure(rows, maps, _tokensPerStep, Replaced, cancellation);

        (Tensor Into, Tensor To) Replaced(EvaluationRow row)
        {
            var replaced = full_like(row.Input, _replacement);
            return (replaced, replaced);
        }
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What was found for several questions about the same N rows.</summary>
/// <param name="parts">What was found for each question, in their order.</param>
/// <param name="failures">The rows that could not be explained.</param>
internal sealed class EachAttribution(IReadOnlyList<Attribution> parts, IReadOnlyList<RowFailure> failures) : AttributionGroup(parts, failures)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Attribution> Questions => Parts;

    /// <summary>One result of several. A row fails for the first reason that is found.</summary>
    /// <exception cref="InvalidOperationException">They report different numbers of values.</exception>
    public static Attribution Of(IReadOnlyList<Attribution> parts)
    {
        long[] widths = [.. parts.Select(part => part.Probabilities.shape[1])];
        if (widths.Distinct().Count() > 1)
        {
            throw new InvalidOperationException(
                $"The targets report [{string.Join(", ", widths)}] values for a row: {nameof(ExplanationTarget)}.{nameof(ExplanationTarget.Each)} takes those that report as many. Ask the others apart.");
        }

        var failures = parts.SelectMany(part => part.Failures).DistinctBy(failure => failure.Row).OrderBy(failure => failure.Row).ToArray();
        var whole = new EachAttribution(parts, failures);
        if (failures.Length == 0) return whole;
        bool[] bad = new bool[parts[0].Targets.shape[0]];
        foreach (var failure in failures) bad[failure.Row] = true;
        return FailedRows.Without(whole, tensor(bad), failures);
    }

    /// <inheritdoc/>
    private protected override AttributionGroup Of(IReadOnlyList<Attribution> parts, IReadOnlyList<RowFailure> failures) => new EachAttribution(parts, failures);
}

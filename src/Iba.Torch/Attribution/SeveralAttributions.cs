namespace Iba.Torch;

/// <summary>What several methods found for the same N rows; as a whole it is what the first one found. A row fails where it fails for any.</summary>
/// <param name="parts">What each method found, in their order.</param>
/// <param name="failures">The rows that could not be explained.</param>
internal sealed class SeveralAttributions(IReadOnlyList<Attribution> parts, IReadOnlyList<RowFailure>? failures = null) : AttributionGroup(parts, failures ?? [])
{
    /// <inheritdoc/>
    private protected override AttributionGroup Of(IReadOnlyList<Attribution> parts, IReadOnlyList<RowFailure> failures) => new SeveralAttributions(parts, failures);
}

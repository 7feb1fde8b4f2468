namespace Iba.MLNet;

/// <summary>What became of one row: an explanation, or the reason why there is none.</summary>
/// <param name="Explanation">Null where the row could not be explained.</param>
/// <param name="Failure">What is wrong with the row, as a sentence's end; null where it was explained.</param>
internal sealed record RowResult(RowExplanation? Explanation, string? Failure);

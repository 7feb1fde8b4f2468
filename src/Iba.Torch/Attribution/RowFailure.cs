namespace Iba.Torch;

/// <summary>A row that could not be explained. The other rows of the batch are not touched by it.</summary>
/// <param name="Row">The row's index in the batch, from 0.</param>
/// <param name="Reason">What is wrong with the row, as a sentence's end: "its features hold NaN or infinity ...".</param>
public sealed record RowFailure(long Row, string Reason);

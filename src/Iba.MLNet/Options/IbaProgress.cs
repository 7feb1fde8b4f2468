namespace Iba.MLNet;

/// <summary>How far a fit or an explanation has come.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Rows">The number of rows done: of this fit, or of this cursor over the explained rows.</param>
/// <param name="TotalRows">The number of rows to do, where the view knows it: lists and saved data do, filters and streams do not. Else null.</param>
public readonly record struct IbaProgress(IbaPhase Phase, long Rows, long? TotalRows);

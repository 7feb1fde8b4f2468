namespace Iba.Cli;

/// <summary>What fitting made.</summary>
/// <param name="File">The file.</param>
/// <param name="Layer">The layer.</param>
/// <param name="MeasuredRows">How many rows were measured.</param>
internal sealed record FitSummary(string File, string Layer, long MeasuredRows);

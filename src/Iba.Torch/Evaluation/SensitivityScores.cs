namespace Iba.Torch;

/// <summary>What <see cref="MaxSensitivity"/> found for one row.</summary>
/// <param name="Value">The largest change relative to the explanation's own size; lower is better. NaN where the explanation is 0 everywhere.</param>
/// <param name="Unnormalized">The largest change itself, in the explanation's unit.</param>
public sealed record SensitivityScores(double Value, double Unnormalized);

namespace Iba.Torch;

/// <summary>What <see cref="Infidelity"/> found for one row.</summary>
/// <param name="Value">The mean squared error of what the explanation predicts, in squared units of the score; lower is better.</param>
/// <param name="Normalized">The same after the explanation was multiplied by the number that makes it smallest: for maps whose unit is none of a gradient.</param>
public sealed record InfidelityScores(double Value, double Normalized);

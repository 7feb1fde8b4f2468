namespace Iba.Torch;

/// <summary>A point of an <see cref="InformationCurve"/>.</summary>
/// <param name="Beta">The weight of the information.</param>
/// <param name="Bits">What passes, in bits, at least 0.</param>
/// <param name="Probability">The target's probability under the bottleneck, 0 to 1.</param>
/// <param name="ProbabilityBefore">The target's probability without it, 0 to 1.</param>
public sealed record InformationPoint(double Beta, double Bits, double Probability, double ProbabilityBefore);

namespace Iba.Torch;

/// <summary>How well a map finds an object; each number is 0 to 1, higher is better, or NaN where it is not defined.</summary>
/// <param name="TopShare">The share of the n highest pixels that lie on the object, n being its area; of equal pixels the first in row-major order.</param>
/// <param name="ExpectedTopShare">
/// The same as it is expected when equal pixels are drawn at random: better for maps of blocks. The two agree where no pixels are equal.
/// </param>
/// <param name="MassShare">The share of the sum of all positive values that lies on the object; NaN where no value is positive.</param>
/// <param name="Pointing">The pointing game: 1 where the highest pixel (the first of equals) lies on the object, else 0.</param>
/// <param name="PointingWithMargin">The same where the object lies within the margin of the highest pixel.</param>
public sealed record MapLocalization(double TopShare, double ExpectedTopShare, double MassShare, double Pointing, double PointingWithMargin)
{
    internal static MapLocalization Undefined { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
}

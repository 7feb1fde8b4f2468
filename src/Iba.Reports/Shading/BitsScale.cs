using System.Globalization;
using Iba.Torch;

namespace Iba.Reports;

/// <summary>
/// Shades for bits, from white to a deep orange on which black text keeps a contrast of more than 4.5 : 1. Lightness falls evenly,
/// so that the order also shows in grey and to colour-blind readers.
/// </summary>
/// <param name="maximum">The bits that get the deepest shade.</param>
/// <param name="power">
/// Shades grow with this power of the bits: 1 for words; <see cref="ForBytes"/> for bytes, of which a few carry most of the bits.
/// </param>
internal sealed class BitsScale(double maximum, double power = 1)
{
    /// <summary>The number of shades above white.</summary>
    public const int Levels = 16;

    /// <summary>The square root, which shows a tenth of the most bits in a third of the shades.</summary>
    public const double ForBytes = 0.5;

    private static readonly ColorMap Shades = new(0xFFFFFF, 0xFFECC4, 0xFFCD78, 0xFAA032, 0xEC7014);

    /// <summary>The bits that get the deepest shade.</summary>
    public double Maximum => maximum;

    /// <summary>The shade of a number of bits, 0 (white) to <see cref="Levels"/>.</summary>
    public int Level(double bits) => maximum > 0 ? (int)Math.Round(Math.Pow(Math.Clamp(bits / maximum, 0, 1), power) * Levels) : 0;

    /// <summary>The colour of a shade.</summary>
    public static (byte Red, byte Green, byte Blue) Color(int level) => Shades[(double)level / Levels];

    /// <summary>A number of bits for reading: one digit after the point below ten.</summary>
    public static string Format(double bits) => bits.ToString(Math.Abs(bits) < 9.95 ? "0.#" : "#,0", CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text;

namespace Iba.Reports;

/// <summary>Text and bytes for the console, shaded by bits.</summary>
public static class BitsConsole
{
    /// <summary>
    /// Whether the console shows colours: not where output is redirected, the environment variable NO_COLOR is set, or the terminal
    /// calls itself dumb.
    /// </summary>
    public static bool HasColor => !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>A text with its words shaded; without colour, with the bits in brackets after words of at least a tenth of the most.</summary>
    /// <param name="text">The text. Control characters in it are shown as dots, never sent to the terminal.</param>
    /// <param name="words">Its words in the order of the text, none reaching into the next.</param>
    /// <param name="color">Whether to use colours (24-bit ANSI sequences); see <see cref="HasColor"/>.</param>
    /// <exception cref="ArgumentException">A word overlaps the one before it, or leaves the text.</exception>
    public static string Shade(string text, IReadOnlyList<TextBits> words, bool color)
    {
        var strip = new AnsiStrip(color);
        foreach (var stretch in new ShadedText(text, words).Stretches)
        {
            strip.Append(PrintableText.Of(stretch.Text), stretch.Level);
            if (!color && stretch.Numbered) strip.Append($"({stretch.Bits})", 0);
        }

        return strip.End();
    }

    /// <summary>Bytes as offsets, hexadecimal and text, shaded, with the bits of each line at its end.</summary>
    /// <param name="bytes">The bytes in ascending order of offset. Gaps are marked.</param>
    /// <param name="color">Whether to use colours (24-bit ANSI sequences); see <see cref="HasColor"/>.</param>
    /// <param name="maximumLines">Show only the lines with most bits, at most this many, in their order.</param>
    /// <exception cref="ArgumentException">An offset is negative, or not above the one before it.</exception>
    public static string Shade(IReadOnlyList<ByteBits> bytes, bool color, int maximumLines = int.MaxValue)
    {
        var listing = new ByteListing(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(maximumLines);
        var result = new StringBuilder();
        foreach (var (skipped, line) in listing.Lines(maximumLines))
        {
            if (skipped > 0) result.AppendLine("       …");
            var (hexadecimal, text) = (new AnsiStrip(color), new AnsiStrip(color));
            for (int place = 0; place < ByteLine.Width; place++)
            {
                int level = line.Level(place, listing.Scale);
                if (place > 0) hexadecimal.Append(" ", 0);
                hexadecimal.Append(line.Hexadecimal(place), level);
                text.Append(line.Character(place), level);
            }

            result.AppendLine(CultureInfo.InvariantCulture, $"{line.Offset:x8}  {hexadecimal.End()}  {text.End()}  {BitsScale.Format(line.Bits)}");
        }

        return result.ToString();
    }
}

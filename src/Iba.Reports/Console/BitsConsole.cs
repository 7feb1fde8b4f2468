using System.Globalization;
using System.Text;

namespace Iba.Reports;

/// <summary>Text and bytes for the console, shaded by bits.</summary>
public static class BitsConsole
{
    private const int BytesPerLine = 16;

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
    public static string Shade(string text, IReadOnlyList<TextBits> words, bool color)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(words);
        var scale = new BitsScale(words.Select(word => word.Bits).DefaultIfEmpty().Max());
        var strip = new AnsiStrip(color);
        int at = 0;
        foreach (var word in words)
        {
            strip.Append(Printable(text[at..word.Start]), 0);
            at = word.Start + word.Length;
            strip.Append(Printable(text[word.Start..at]), scale.Level(word.Bits));
            if (!color && word.Bits > 0 && word.Bits >= scale.Maximum / 10) strip.Append($"({BitsScale.Format(word.Bits)})", 0);
        }

        strip.Append(Printable(text[at..]), 0);
        return strip.End();
    }

    /// <summary>Bytes as offsets, hexadecimal and text, shaded, with the bits of each line at its end.</summary>
    /// <param name="bytes">The bytes in ascending order of offset. Gaps are marked.</param>
    /// <param name="color">Whether to use colours (24-bit ANSI sequences); see <see cref="HasColor"/>.</param>
    /// <param name="maximumLines">Show only the lines with most bits, at most this many, in their order.</param>
    public static string Shade(IReadOnlyList<ByteBits> bytes, bool color, int maximumLines = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var scale = new BitsScale(bytes.Select(value => value.Bits).DefaultIfEmpty().Max(), BitsScale.ForBytes);
        var result = new StringBuilder();
        long next = bytes.Count > 0 ? bytes[0].Offset : 0;
        var strongest = ByteLine.Split(bytes, BytesPerLine).OrderByDescending(line => line.Bits).Take(maximumLines);
        foreach (var line in strongest.OrderBy(line => line.Offset))
        {
            if (line.First > next) result.AppendLine("       …");
            next = line.Last + 1;
            var (hexadecimal, text) = (new AnsiStrip(color), new AnsiStrip(color));
            for (int place = 0; place < BytesPerLine; place++)
            {
                int level = line[place] is { } value ? scale.Level(value.Bits) : 0;
                hexadecimal.Append(line[place] is { } known ? $"{known.Value:x2}" : "  ", level);
                if (place < BytesPerLine - 1) hexadecimal.Append(" ", 0);
                text.Append(line[place] is { } shown ? ByteLine.Character(shown.Value).ToString() : " ", level);
            }

            result.AppendLine(CultureInfo.InvariantCulture, $"{line.Offset:x8}  {hexadecimal.End()}  {text.End()}  {BitsScale.Format(line.Bits)}");
        }

        return result.ToString();
    }

    private static string Printable(string text)
        => string.Create(text.Length, text, (span, from) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = char.IsControl(from[i]) && from[i] is not ('\n' or '\t') ? '·' : from[i];
        });
}

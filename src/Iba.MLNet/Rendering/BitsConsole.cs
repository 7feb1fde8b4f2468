using System.Globalization;
using System.Text;

namespace Iba.MLNet;

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
    /// <param name="words">Its words, as <see cref="WordBits.Join"/> returns them.</param>
    /// <param name="color">Whether to use colours (24-bit ANSI sequences); see <see cref="HasColor"/>.</param>
    public static string Shade(string text, IReadOnlyList<WordBits> words, bool color)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(words);
        var scale = new BitsScale(words.Select(word => word.Bits).DefaultIfEmpty().Max());
        var result = new StringBuilder();
        int at = 0;
        foreach (var word in words)
        {
            result.Append(Printable(text[at..word.Start]));
            string shown = Printable(text.Substring(word.Start, word.Length));
            if (color)
            {
                Append(result, shown, scale.Level(word.Bits));
            }
            else
            {
                result.Append(shown);
                if (word.Bits > 0 && word.Bits >= scale.Maximum / 10) result.Append('(').Append(BitsScale.Format(word.Bits)).Append(')');
            }

            at = word.Start + word.Length;
        }

        return result.Append(Printable(text[at..])).ToString();
    }

    /// <summary>Bytes as offsets, hexadecimal and text, shaded; without colour, with the bits of each line at its end.</summary>
    /// <param name="bytes">The bytes in ascending order of offset. Gaps are marked.</param>
    /// <param name="color">Whether to use colours (24-bit ANSI sequences); see <see cref="HasColor"/>.</param>
    /// <param name="maximumLines">Show only the lines with most bits, at most this many, in their order.</param>
    public static string Shade(IReadOnlyList<ByteBits> bytes, bool color, int maximumLines = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var scale = new BitsScale(bytes.Select(value => value.Bits).DefaultIfEmpty().Max());
        var result = new StringBuilder();
        long next = bytes.Count > 0 ? bytes[0].Offset : 0;
        foreach (var line in ByteLine.Split(bytes, BytesPerLine).OrderByDescending(line => line.Bits).Take(maximumLines).OrderBy(line => line.Offset))
        {
            if (line.First > next) result.AppendLine("       …");
            next = line.Last + 1;
            result.Append(CultureInfo.InvariantCulture, $"{line.Offset:x8}  ");
            for (int i = 0; i < BytesPerLine; i++) Cell(line[i], value => $"{value.Value:x2} ");
            result.Append(' ');
            for (int i = 0; i < BytesPerLine; i++) Cell(line[i], value => ByteLine.Character(value.Value).ToString());
            if (!color) result.Append("  ").Append(BitsScale.Format(line.Bits));
            result.AppendLine();
        }

        return result.ToString();

        void Cell(ByteBits? value, Func<ByteBits, string> show)
        {
            string shown = value is { } known ? show(known) : new string(' ', show(default).Length);
            if (color && value != null) Append(result, shown, scale.Level(value.Value.Bits));
            else result.Append(shown);
        }
    }

    private static void Append(StringBuilder result, string text, int level)
    {
        if (level == 0)
        {
            result.Append(text);
            return;
        }

        var (red, green, blue) = BitsScale.Color(level);
        result.Append(CultureInfo.InvariantCulture, $"\e[30;48;2;{red};{green};{blue}m{text}\e[0m");
    }

    private static string Printable(string text)
        => string.Create(text.Length, text, (span, from) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = char.IsControl(from[i]) && from[i] is not ('\n' or '\t') ? '·' : from[i];
        });
}

using System.Globalization;
using System.Text;

namespace Iba.Reports;

/// <summary>
/// Text on a light strip, dark letters on shades of <see cref="BitsScale"/>: the strip is light also where nothing is shaded, so that
/// more bits are darker on light and on dark terminals alike.
/// </summary>
/// <param name="color">Whether to write ANSI sequences; without them the text alone is kept.</param>
internal sealed class AnsiStrip(bool color)
{
    private const string Reset = "\e[0m";

    private readonly StringBuilder _text = new();
    private int _level = -1;

    /// <summary>Adds text of one shade.</summary>
    public void Append(string text, int level)
    {
        foreach (char character in text)
        {
            // A terminal would paint the rest of the line in the colour that is on at its end.
            if (character == '\n') Switch(-1);
            else Switch(level);
            _text.Append(character);
        }
    }

    /// <summary>Switches the colours off.</summary>
    /// <returns>All that was added.</returns>
    public string End()
    {
        Switch(-1);
        return _text.ToString();
    }

    private void Switch(int level)
    {
        if (!color || level == _level) return;
        _level = level;
        if (level < 0)
        {
            _text.Append(Reset);
            return;
        }

        var (red, green, blue) = BitsScale.Color(level);
        _text.Append(CultureInfo.InvariantCulture, $"\e[38;2;26;23;20;48;2;{red};{green};{blue}m");
    }
}

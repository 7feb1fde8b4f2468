namespace Iba.Reports.Tests;

public class AnsiStripTests
{
    private const string White = "\e[38;2;26;23;20;48;2;255;255;255m", Orange = "\e[38;2;26;23;20;48;2;236;112;20m", Off = "\e[0m";

    [Fact]
    public void Colours_change_with_the_shade_and_are_off_at_line_ends()
    {
        var strip = new AnsiStrip(color: true);
        strip.Append("a", 0);
        strip.Append("", 9);
        strip.Append("b", 0);
        strip.Append("c\nd", 16);

        Assert.Equal($"{White}ab{Orange}c{Off}\n{Orange}d{Off}", strip.End());
    }

    [Fact]
    public void Without_colour_the_text_is_left()
    {
        var strip = new AnsiStrip(color: false);
        strip.Append("a\nb", 16);
        Assert.Equal("a\nb", strip.End());
    }
}

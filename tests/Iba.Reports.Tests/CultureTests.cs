using Iba.Tests;
using Iba.Torch;

namespace Iba.Reports.Tests;

/// <summary>Reports are the same under a culture with decimal comma.</summary>
public class CultureTests
{
    private static readonly TextBits[] Words = [new(0, 3, 1234.5), new(4, 1, 0.5)];
    private static readonly ByteBits[] Bytes = [.. Enumerable.Range(0, 4000).Select(i => new ByteBits(i < 2000 ? i : i + 5000, (byte)i, i / 3.0))];

    [Fact]
    public void Pages_have_the_same_text()
    {
        static string Page()
        {
            var page = new BitsPage("Title", "Introduction");
            page.AddText("text", "facts", "one , two", Words);
            page.AddBytes("bytes", "facts", Bytes);
            return page.ToString();
        }

        string expected = Page();
        Assert.Contains("title=\"0.5 bits\"", expected, StringComparison.Ordinal);
        Assert.Equal(expected, German.Do(Page));
    }

    [Fact]
    public void The_console_shows_the_same_text()
    {
        static string Shown() => BitsConsole.Shade("one , two", Words, color: false) + BitsConsole.Shade(Bytes, color: false, maximumLines: 5);
        Assert.Contains("1,235", Shown(), StringComparison.Ordinal);
        Assert.Equal(Shown(), German.Do(Shown));
    }

    [Fact]
    public void Figures_have_the_same_pixels()
    {
        static byte[] Figure() => HeatmapFigure.Render(
            new RgbImage(8, 4, [.. Enumerable.Repeat((byte)90, 96)]), [.. Enumerable.Range(0, 32).Select(i => i / 31f)], "Title", "caption", height: 200).Pixels.ToArray();
        Assert.Equal(Figure(), German.Do(Figure));
        Assert.Equal(["0.00", "0.05", "0.10"], German.Do(() => ColorBar.Ticks(0.14).Select(tick => tick.Label).ToArray()));
    }
}

using System.Xml.Linq;

namespace Iba.Reports.Tests;

public class BitsPageTests
{
    private static readonly TextBits[] Words = [new(0, 3, 20), new(4, 1, 0.5)];

    [Fact]
    public void Text_from_outside_cannot_become_markup()
    {
        var page = new BitsPage("<script>1</script>", "a < b");
        page.AddText("\"x\"", "<i>", "<b> & \u001b[31m", Words);

        string html = page.ToString();

        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("<i>", html);
        Assert.DoesNotContain('\u001b', html);
        Assert.Contains(">&lt;b&gt;</span><rt>20</rt>", html);
        Assert.Contains("title=\"0.5 bits\">&amp;</span>", html);
    }

    [Fact]
    public void Every_article_is_well_formed()
    {
        var page = new BitsPage("Title", "Introduction");
        page.AddText("text", "facts", "<b> & more", Words);
        page.AddText("empty", "facts", "", []);
        page.AddBytes("bytes", "facts", Bytes());
        page.AddBytes("none", "facts", []);

        string html = page.ToString();
        string articles = html[html.IndexOf("<article>", StringComparison.Ordinal)..html.IndexOf("</main>", StringComparison.Ordinal)];
        var parsed = XElement.Parse($"<main>{articles}</main>");

        Assert.Equal(4, parsed.Elements("article").Count());
    }

    [Fact]
    public void Bytes_stand_at_their_offsets_with_a_note_where_some_are_left_out()
    {
        var page = new BitsPage("Title", "");
        page.AddBytes("file", "", Bytes());

        string html = page.ToString();

        Assert.Contains("<th>00000000</th>", html);
        Assert.Contains("<th>00001010</th>", html);
        Assert.Contains("4,080 bytes that the network does not read", html);
        Assert.Contains("<span class=\"s16\">41</span>", html); // 'A', with most bits.
    }

    [Fact]
    public void A_text_has_a_legend_and_numbers_above_its_strong_words()
    {
        var page = new BitsPage("Title", "");
        page.AddText("topic", "facts", "a <b> c", [new(0, 1, 12), new(2, 3, 3), new(6, 1, 0.3)]);

        Assert.Contains(
            """
            <article>
            <div class="head"><h2>topic</h2><p class="facts">facts</p>
            <p class="legend" aria-label="White is 0 bits, the deepest orange 12 bits">
            0<span class="bar"></span>12 bits</p></div>
            <p class="words"><ruby><span class="s16" title="12 bits">a</span><rt>12</rt></ruby> <ruby><span class="s4" title="3 bits">&lt;b&gt;</span><rt>3</rt></ruby> <span class="s0" title="0.3 bits">c</span></p>
            </article>
            """,
            page.ToString());
    }

    [Fact]
    public void Neighbouring_bytes_of_one_shade_share_an_element()
    {
        var page = new BitsPage("Title", "");
        page.AddBytes("file", "", [new(1, (byte)'<', 4), new(2, (byte)'b', 4), new(3, (byte)'c', 1), new(4, (byte)'d', 0)]);

        string after = string.Concat(Enumerable.Repeat("   ", 11));
        Assert.Contains(
            $"<tr><th>00000000</th><td>   <span class=\"s16\">3c 62</span> <span class=\"s8\">63</span> 64{after}</td>" +
            $"<td> <span class=\"s16\">&lt;b</span><span class=\"s8\">c</span>d{new string(' ', 11)}</td><td class=\"number\">9</td></tr>\n",
            page.ToString());
    }

    [Fact]
    public void The_style_has_every_shade_and_bars_that_are_linear_in_bits()
    {
        string html = new BitsPage("Title", "").ToString();

        Assert.Contains(".s4 { background: #ffecc4; color: #1a1714; }", html);
        Assert.Contains(".s16 { background: #ec7014; color: #1a1714; }", html);
        Assert.Contains("#ffecc4 25%,", html); // Words: a quarter of the shades at a quarter of the bits.
        Assert.Contains("#ffecc4 6.3%,", html); // Bytes: at a sixteenth.
    }

    [Fact]
    public void A_page_is_saved_as_it_is()
    {
        string path = Path.GetTempFileName();
        try
        {
            var page = new BitsPage("Title é", "");
            page.Save(path);
            Assert.Equal(page.ToString(), File.ReadAllText(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    // 32 bytes at the start, then 20 bytes from 0x1010 on; 'A' has 9 bits, every other byte 1.
    private static ByteBits[] Bytes() =>
    [
        .. Enumerable.Range(0, 32).Select(i => new ByteBits(i, (byte)i, 1)),
        .. Enumerable.Range(0x1010, 20).Select(i => new ByteBits(i, (byte)(i == 0x1012 ? 'A' : '\n'), i == 0x1012 ? 9 : 1)),
    ];
}

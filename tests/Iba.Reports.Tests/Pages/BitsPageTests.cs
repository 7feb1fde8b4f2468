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

    // 32 bytes at the start, then 20 bytes from 0x1010 on; 'A' has 9 bits, every other byte 1.
    private static ByteBits[] Bytes() =>
    [
        .. Enumerable.Range(0, 32).Select(i => new ByteBits(i, (byte)i, 1)),
        .. Enumerable.Range(0x1010, 20).Select(i => new ByteBits(i, (byte)(i == 0x1012 ? 'A' : '\n'), i == 0x1012 ? 9 : 1)),
    ];
}

using System.Globalization;
using System.Net;
using System.Text;

namespace Iba.Reports;

/// <summary>
/// A web page of texts and files shaded by bits. It is one file without scripts, references or fonts of its own; the numbers stand
/// in it beside the colours, for readers who cannot tell these apart.
/// </summary>
/// <param name="title">The page's title, plain text.</param>
/// <param name="introduction">A paragraph below it, plain text.</param>
public sealed class BitsPage(string title, string introduction)
{
    private readonly StringBuilder _articles = new();

    /// <summary>Adds a text. Words of at least a tenth of the most bits carry their number.</summary>
    /// <param name="heading">What the text was taken for, plain text.</param>
    /// <param name="facts">A line about it, plain text.</param>
    /// <param name="text">The text.</param>
    /// <param name="words">Its words in the order of the text, none reaching into the next.</param>
    public void AddText(string heading, string facts, string text, IReadOnlyList<TextBits> words)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(words);
        var scale = new BitsScale(words.Select(word => word.Bits).DefaultIfEmpty().Max());
        Begin(heading, facts, scale, "bar");
        _articles.Append("<p class=\"words\">");
        int at = 0;
        foreach (var word in words)
        {
            _articles.Append(Escape(text[at..word.Start]));
            at = word.Start + word.Length;
            string number = BitsScale.Format(word.Bits);
            string shown = $"<span class=\"s{scale.Level(word.Bits)}\" title=\"{number} bits\">{Escape(text[word.Start..at])}</span>";
            bool numbered = word.Bits > 0 && word.Bits >= scale.Maximum / 10;
            _articles.Append(numbered ? $"<ruby>{shown}<rt>{number}</rt></ruby>" : shown);
        }

        _articles.Append(Escape(text[at..])).Append("</p>\n</article>\n");
    }

    /// <summary>Adds a file: its bits along the file, and its bytes as offsets, hexadecimal and text.</summary>
    /// <param name="heading">What the file was taken for, plain text.</param>
    /// <param name="facts">A line about it, plain text.</param>
    /// <param name="bytes">The bytes in ascending order of offset; gaps are marked.</param>
    public void AddBytes(string heading, string facts, IReadOnlyList<ByteBits> bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var scale = new BitsScale(bytes.Select(value => value.Bits).DefaultIfEmpty().Max(), BitsScale.ForBytes);
        Begin(heading, facts, scale, "bar root");
        _articles.Append(BitsStrip.Draw(bytes));
        _articles.Append(CultureInfo.InvariantCulture,
            $"<div class=\"bytes\" tabindex=\"0\" role=\"region\" aria-label=\"Bytes of {Escape(heading)}\"><table>\n");
        _articles.Append("<thead><tr><th>offset</th><th>bytes</th><th>text</th><th>bits</th></tr></thead>\n<tbody>\n");
        long next = bytes.Count > 0 ? bytes[0].Offset : 0;
        foreach (var line in ByteLine.Split(bytes, BytesPerLine))
        {
            if (line.First > next)
            {
                _articles.Append(CultureInfo.InvariantCulture,
                    $"<tr class=\"gap\"><td colspan=\"4\">{line.First - next:#,0} bytes that the network does not read</td></tr>\n");
            }

            next = line.Last + 1;
            _articles.Append(CultureInfo.InvariantCulture, $"<tr><th>{line.Offset:x8}</th><td>");
            AppendCells(line, scale, value => $"{value:x2}", "  ", " ");
            _articles.Append("</td><td>");
            AppendCells(line, scale, value => ByteLine.Character(value).ToString(), " ", "");
            _articles.Append("</td><td class=\"number\">").Append(BitsScale.Format(line.Bits)).Append("</td></tr>\n");
        }

        _articles.Append("</tbody></table></div>\n</article>\n");
    }

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file to write; one that exists is replaced.</param>
    public void Save(string path) => File.WriteAllText(path, ToString());

    /// <summary>The page as HTML.</summary>
    public override string ToString() => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{Escape(title)}</title>
        <style>
        {BitsPageStyle.Sheet}
        </style>
        </head>
        <body>
        <main>
        <header>
        <h1>{Escape(title)}</h1>
        <p class="introduction">{Escape(introduction)}</p>
        </header>
        {_articles}
        </main>
        </body>
        </html>

        """;

    private const int BytesPerLine = 16;

    private void Begin(string heading, string facts, BitsScale scale, string bar) => _articles.Append(CultureInfo.InvariantCulture, $"""
        <article>
        <div class="head"><h2>{Escape(heading)}</h2><p class="facts">{Escape(facts)}</p>
        <p class="legend" aria-label="White is 0 bits, the deepest orange {BitsScale.Format(scale.Maximum)} bits">
        0<span class="{bar}"></span>{BitsScale.Format(scale.Maximum)} bits</p></div>

        """);

    // Neighbours of one shade share an element, which keeps pages of many files small.
    private void AppendCells(ByteLine line, BitsScale scale, Func<byte, string> show, string unknown, string between)
    {
        int level = 0;
        for (int place = 0; place < BytesPerLine; place++)
        {
            int here = line[place] is { } value ? scale.Level(value.Bits) : 0;
            if (place > 0 && here != level) Close();
            if (place > 0) _articles.Append(between);
            if (here > 0 && (place == 0 || here != level)) _articles.Append(CultureInfo.InvariantCulture, $"<span class=\"s{here}\">");
            _articles.Append(line[place] is { } known ? Escape(show(known.Value)) : unknown);
            level = here;
        }

        Close();

        void Close()
        {
            if (level > 0) _articles.Append("</span>");
        }
    }

    // Control characters are not allowed in HTML, escaped or not.
    private static string Escape(string text)
        => WebUtility.HtmlEncode(new string(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '·' : c).ToArray()));
}

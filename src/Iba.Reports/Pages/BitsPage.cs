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
    /// <exception cref="ArgumentException">A word overlaps the one before it, or leaves the text.</exception>
    public void AddText(string heading, string facts, string text, IReadOnlyList<TextBits> words)
    {
        var shaded = new ShadedText(text, words);
        Begin(heading, facts, shaded.Scale, "bar");
        _articles.Append("<p class=\"words\">");
        foreach (var (stretch, level, bits, numbered) in shaded.Stretches)
        {
            string shown = bits is null ? Escape(stretch) : $"<span class=\"s{level}\" title=\"{bits} bits\">{Escape(stretch)}</span>";
            _articles.Append(numbered ? $"<ruby>{shown}<rt>{bits}</rt></ruby>" : shown);
        }

        _articles.Append("</p>\n</article>\n");
    }

    /// <summary>Adds a file: its bits along the file, and its bytes as offsets, hexadecimal and text.</summary>
    /// <param name="heading">What the file was taken for, plain text.</param>
    /// <param name="facts">A line about it, plain text.</param>
    /// <param name="bytes">The bytes in ascending order of offset; gaps are marked.</param>
    /// <exception cref="ArgumentException">An offset is negative, or not above the one before it.</exception>
    public void AddBytes(string heading, string facts, IReadOnlyList<ByteBits> bytes)
    {
        var listing = new ByteListing(bytes);
        Begin(heading, facts, listing.Scale, "bar root");
        _articles.Append(BitsStrip.Draw(bytes));
        _articles.Append(CultureInfo.InvariantCulture,
            $"<div class=\"bytes\" tabindex=\"0\" role=\"region\" aria-label=\"Bytes of {Escape(heading)}\"><table>\n");
        _articles.Append("<thead><tr><th>offset</th><th>bytes</th><th>text</th><th>bits</th></tr></thead>\n<tbody>\n");
        foreach (var (skipped, line) in listing.Lines())
        {
            if (skipped > 0)
            {
                _articles.Append(CultureInfo.InvariantCulture,
                    $"<tr class=\"gap\"><td colspan=\"4\">{skipped:#,0} bytes that the network does not read</td></tr>\n");
            }

            _articles.Append(CultureInfo.InvariantCulture, $"<tr><th>{line.Offset:x8}</th><td>");
            AppendCells(line, listing.Scale, line.Hexadecimal, " ");
            _articles.Append("</td><td>");
            AppendCells(line, listing.Scale, line.Character, "");
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

    private void Begin(string heading, string facts, BitsScale scale, string bar) => _articles.Append(CultureInfo.InvariantCulture, $"""
        <article>
        <div class="head"><h2>{Escape(heading)}</h2><p class="facts">{Escape(facts)}</p>
        <p class="legend" aria-label="White is 0 bits, the deepest orange {BitsScale.Format(scale.Maximum)} bits">
        0<span class="{bar}"></span>{BitsScale.Format(scale.Maximum)} bits</p></div>

        """);

    // Neighbours of one shade share an element, which keeps pages of many files small.
    private void AppendCells(ByteLine line, BitsScale scale, Func<int, string> show, string between)
    {
        int level = 0;
        for (int place = 0; place < ByteLine.Width; place++)
        {
            int here = line.Level(place, scale);
            if (here != level) Close();
            if (place > 0) _articles.Append(between);
            if (here > 0 && here != level) _articles.Append(CultureInfo.InvariantCulture, $"<span class=\"s{here}\">");
            _articles.Append(Escape(show(place)));
            level = here;
        }

        Close();

        void Close()
        {
            if (level > 0) _articles.Append("</span>");
        }
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(PrintableText.Of(text));
}

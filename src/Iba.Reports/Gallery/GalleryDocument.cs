using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Iba.Reports;

/// <summary>The report's HTML file: a template with style and script, the index, and the pages where they are inside.</summary>
internal static class GalleryDocument
{
    // One after the other they are one script: each uses those before it.
    private static readonly string[] Scripts =
        ["elements.js", "data.js", "colors.js", "selection.js", "tile.js", "grid.js", "details.js", "overview.js", "main.js"];

    /// <summary>Writes the file.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="fill">Writes the parts of the template that depend on the rows, by name; false: no such part.</param>
    /// <param name="options">Title and introduction.</param>
    public static void Write(Stream to, Func<string, bool> fill, GalleryReportOptions options)
    {
        string style = Resource("gallery.css").Replace("/* shades */", Shades, StringComparison.Ordinal);
        string script = "'use strict';\n" + string.Concat(Scripts.Select(Resource));
        string template = Resource("gallery.html");
        for (int at = 0; ;)
        {
            int open = template.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                Write(to, template[at..]);
                return;
            }

            int close = template.IndexOf("}}", open, StringComparison.Ordinal);
            Write(to, template[at..open]);
            string name = template[(open + 2)..close];
            at = close + 2;
            if (fill(name)) continue;
            Write(to, name switch
            {
                "policy" => Policy(style, script),
                "title" => Escape(options.Title),
                "introduction" => Escape(options.Introduction),
                "provenance" => Provenance(options.Provenance),
                "style" => style,
                "script" => script,
                _ => throw new InvalidOperationException($"The template asks for '{name}', which nothing fills in."),
            });
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    public static void Write(Stream to, string text) => to.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Text as HTML.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(PrintableText.Of(text));

    // Nothing but our style and script, known by their hashes, and what that script loads: the pages beside the file. No network.
    private static string Policy(string style, string script)
        => $"default-src 'none'; img-src data:; style-src '{Hash(style)}'; script-src '{Hash(script)}' 'strict-dynamic'; base-uri 'none'; form-action 'none'";

    private static string Hash(string text) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Provenance(ReportProvenance provenance)
    {
        var html = new StringBuilder();
        foreach (var (name, value) in provenance)
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Escape(name)}</th><td>{Escape(value)}</td></tr>\n");
        return html.Length > 0 ? $"<table>\n<tbody>\n{html}</tbody>\n</table>" : "<p>Nothing was said of where these rows come from.</p>";
    }

    private static string Shades => string.Join('\n', Enumerable.Range(1, BitsScale.Levels)
        .Select(level => $".s{level} {{ background: {BitsPageStyle.Hexadecimal(level)}; color: #1a1714; }}"));

    // Git may have given the sources the line ends of Windows.
    private static string Resource(string name)
    {
        using var stream = typeof(GalleryDocument).Assembly.GetManifestResourceStream($"Gallery/{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}

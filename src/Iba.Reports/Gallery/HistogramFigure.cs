using System.Globalization;
using System.Net;
using System.Text;

namespace Iba.Reports;

/// <summary>
/// A histogram as HTML: a drawing (SVG) that takes its colours from the page's style, light or dark, and the numbers in a table.
/// </summary>
internal static class HistogramFigure
{
    private const int Width = 640, Height = 220, Left = 46, Right = 12, Top = 12, Bottom = 30;

    /// <summary>The figure of a column; nothing where no row has a value.</summary>
    public static string Draw(NumberColumn column)
    {
        double[] values = [.. column.Known];
        if (values.Length == 0) return "";
        var histogram = Histogram.Of(values);
        var quantiles = new Quantiles(values);
        string title = Escape(column.Title);
        string summary = Invariant(
            $"{values.Length:#,0} rows from {Number(quantiles[0])} to {Number(quantiles[1])}; half of them between {Number(quantiles[0.25])} and {Number(quantiles[0.75])}, median {Number(quantiles[0.5])}");
        var html = new StringBuilder();
        html.Append(Invariant($"<figure class=\"histogram\" data-column=\"{column.Key}\">\n<figcaption><h3>{title}</h3><p>{summary}.</p></figcaption>\n"));
        html.Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Histogram: {title}. {summary}.\">\n"));
        DrawAxes(html, histogram);
        DrawBars(html, histogram);
        html.Append("</svg>\n");
        AppendTable(html, column, histogram);
        return html.Append("</figure>\n").ToString();
    }

    private static void DrawAxes(StringBuilder html, Histogram histogram)
    {
        int most = histogram.Counts.Max();
        foreach (var (value, label) in ColorBar.Ticks(most).Where(tick => tick.Value == Math.Floor(tick.Value)))
        {
            double y = Height - Bottom - (value / most * (Height - Top - Bottom));
            html.Append(Invariant($"<line class=\"rule\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>"));
            html.Append(Invariant($"<text x=\"{Left - 6}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{label}</text>\n"));
        }

        int intervals = histogram.Counts.Count, every = (intervals + 7) / 8;
        for (int i = 0; i <= intervals; i += every)
            html.Append(Invariant($"<text x=\"{X(i, intervals):0.#}\" y=\"{Height - 9}\" text-anchor=\"middle\">{Number(histogram.Edge(i))}</text>\n"));
    }

    private static void DrawBars(StringBuilder html, Histogram histogram)
    {
        int most = histogram.Counts.Max(), intervals = histogram.Counts.Count;
        double width = X(1, intervals) - X(0, intervals);
        for (int i = 0; i < intervals; i++)
        {
            if (histogram.Counts[i] == 0) continue;
            // A single row among thousands is still seen.
            double height = Math.Max(1.5, (double)histogram.Counts[i] / most * (Height - Top - Bottom));
            html.Append(Invariant($"<rect class=\"bar\" data-interval=\"{i}\" x=\"{X(i, intervals) + (width * .04):0.##}\" y=\"{Height - Bottom - height:0.##}\" "));
            html.Append(Invariant($"width=\"{width * .92:0.##}\" height=\"{height:0.##}\"><title>{Interval(histogram, i)}: {histogram.Counts[i]:#,0} rows</title></rect>\n"));
        }
    }

    private static void AppendTable(StringBuilder html, NumberColumn column, Histogram histogram)
    {
        html.Append(Invariant($"<details><summary>Numbers</summary>\n<table><caption>{Escape(column.Title)}</caption><thead><tr><th scope=\"col\">from – below</th><th scope=\"col\">rows</th>"));
        html.Append("<th scope=\"col\"><span class=\"unseen\">gallery</span></th></tr></thead>\n<tbody>\n");
        for (int i = 0; i < histogram.Counts.Count; i++)
        {
            if (histogram.Counts[i] == 0) continue;
            html.Append(Invariant($"<tr><th scope=\"row\">{Interval(histogram, i)}</th><td>{histogram.Counts[i]:#,0}</td>"));
            html.Append(Invariant($"<td><button type=\"button\" data-interval=\"{i}\" data-from=\"{histogram.Edge(i):R}\" data-below=\"{histogram.Edge(i + 1):R}\" "));
            html.Append(Invariant($"aria-label=\"Show the rows with {Escape(column.Title)} {Interval(histogram, i)}\">show</button></td></tr>\n"));
        }

        html.Append("</tbody></table></details>\n");
    }

    private static string Interval(Histogram histogram, int i) => $"{Number(histogram.Edge(i))} – {Number(histogram.Edge(i + 1))}";

    private static double X(int edge, int intervals) => Left + ((double)edge / intervals * (Width - Left - Right));

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 1000 ? "#,0" : "0.####", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Escape(string text) => WebUtility.HtmlEncode(PrintableText.Of(text));
}

using System.Globalization;
using System.Text;

namespace Iba.Reports;

/// <summary>A drawing of the bits along a file: one column for every few bytes, a line where bytes are left out.</summary>
internal static class BitsStrip
{
    private const int Columns = 256, Width = 1024, Height = 64;

    /// <summary>The drawing as an SVG element.</summary>
    /// <param name="bytes">The bytes in ascending order of offset.</param>
    public static string Draw(IReadOnlyList<ByteBits> bytes)
    {
        int bytesPerColumn = Math.Max(1, (bytes.Count + Columns - 1) / Columns);
        double columnWidth = (double)Width * bytesPerColumn / Math.Max(1, bytes.Count);
        double[] columns = bytes.Chunk(bytesPerColumn).Select(chunk => chunk.Sum(value => value.Bits)).ToArray();
        var scale = new BitsScale(columns.DefaultIfEmpty().Max());

        var drawing = new StringBuilder();
        drawing.Append(CultureInfo.InvariantCulture,
            $"<svg class=\"strip\" viewBox=\"0 0 {Width} {Height}\" preserveAspectRatio=\"none\" role=\"img\" ");
        drawing.Append(CultureInfo.InvariantCulture,
            $"aria-label=\"Bits along the file, at most {BitsScale.Format(scale.Maximum)} in {bytesPerColumn} bytes\">");
        drawing.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#faf8f4\"/>");
        for (int i = 0; i < columns.Length; i++)
        {
            double height = scale.Maximum > 0 ? Math.Max(0, columns[i]) / scale.Maximum * (Height - 4) : 0;
            if (height < 0.1) continue;
            string color = BitsPageStyle.Hexadecimal(Math.Max(4, scale.Level(columns[i])));
            drawing.Append(CultureInfo.InvariantCulture,
                $"<rect x=\"{i * columnWidth:0.##}\" y=\"{Height - height:0.#}\" width=\"{columnWidth * .85:0.##}\" height=\"{height:0.#}\" fill=\"{color}\"/>");
        }

        for (int i = 1; i < bytes.Count; i++)
        {
            if (bytes[i].Offset == bytes[i - 1].Offset + 1) continue;
            double x = (double)i / bytes.Count * Width;
            drawing.Append(CultureInfo.InvariantCulture,
                $"<line x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"0\" y2=\"{Height}\" stroke=\"#857b6e\" stroke-dasharray=\"3 3\" vector-effect=\"non-scaling-stroke\"/>");
        }

        return drawing.Append("</svg>\n").ToString();
    }
}

using System.Globalization;
using System.Text.Json;

namespace Iba.Reports;

/// <summary>Writes what the report's script knows of all rows from the start, as an object of JSON.</summary>
internal static class GalleryIndex
{
    // A few glaring places must not darken all other maps.
    private const double ShareBelowTop = 0.98;

    /// <summary>Writes it.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="columns">All rows.</param>
    /// <param name="shown">The columns that readers see.</param>
    /// <param name="means">The classes' average maps.</param>
    /// <param name="rows">The names.</param>
    /// <param name="folder">The folder of the pages as the report refers to it; null: they are inside.</param>
    /// <param name="options">The colours.</param>
    public static void Write(
        Stream to, GalleryColumns columns, IReadOnlyList<NumberColumn> shown, ClassMeans means, GalleryFolder rows, string? folder,
        GalleryReportOptions options)
    {
        using (var json = new Utf8JsonWriter(to))
        {
            json.WriteStartObject();
            json.WriteNumber("rowsPerPage", GalleryFolder.RowsPerPage);
            json.WriteString("folder", folder);
            json.WriteString("unit", !means.IsEmpty ? "bits/pixel" : columns.HasBytes ? "bits/byte" : "bits/word");
            json.WritePropertyName("top");
            json.WriteRawValue(new Quantiles(columns.Largest.Known)[ShareBelowTop].ToString("G2", CultureInfo.InvariantCulture));
            json.WriteBase64String("colors", Colors(options));
            WriteShades(json);
            json.WriteStartArray("columns");
            foreach (var column in shown) WriteColumn(json, column);
            json.WriteEndArray();
            WriteArray(json, "largest", columns.Largest.Values.Select(NumberColumn.Format));
            json.WriteStartArray("classNames");
            foreach (string name in columns.ClassNames) json.WriteStringValue(PrintableText.Of(name));
            json.WriteEndArray();
            WriteArray(json, "predictedOf", columns.Predicted.Select(Number));
            WriteArray(json, "explainedOf", columns.Explained.Select(Number));
            WriteClasses(json, columns, means);
            json.Flush();
        }

        // The names come from a file of their own: the object is closed by hand.
        to.Write(",\"names\":"u8);
        rows.CopyNames(to);
        to.Write("}"u8);
    }

    private static void WriteColumn(Utf8JsonWriter json, NumberColumn column)
    {
        json.WriteStartObject();
        json.WriteString("key", column.Key);
        json.WriteString("title", column.Title);
        WriteArray(json, "values", column.Values.Select(NumberColumn.Format));
        json.WriteEndObject();
    }

    private static void WriteClasses(Utf8JsonWriter json, GalleryColumns columns, ClassMeans means)
    {
        json.WriteStartArray("classes");
        var classes = Enumerable.Range(0, columns.Rows).Where(row => columns.Explained[row] >= 0).GroupBy(row => columns.Explained[row]);
        foreach (var rows in classes.OrderByDescending(rows => rows.Count()).ThenBy(rows => columns.ClassNames[rows.Key], StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteNumber("class", rows.Key);
            json.WriteNumber("rows", rows.Count());
            json.WritePropertyName("bits");
            json.WriteRawValue(NumberColumn.Format(rows.Select(row => columns.Bits.Values[row]).Where(bits => !double.IsNaN(bits)).DefaultIfEmpty(double.NaN).Average()));
            if (means[rows.Key] is { } map) GalleryEntry.WriteMap(json, map);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteShades(Utf8JsonWriter json)
    {
        json.WriteStartArray("shades");
        for (int level = 0; level <= BitsScale.Levels; level++)
        {
            var (red, green, blue) = BitsScale.Color(level);
            json.WriteStartArray();
            foreach (byte part in new[] { red, green, blue }) json.WriteNumberValue(part);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<string> numbers)
    {
        json.WriteStartArray(name);
        foreach (string number in numbers) json.WriteRawValue(number);
        json.WriteEndArray();
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Red, green, blue of 256 shares of the scale.</summary>
    private static byte[] Colors(GalleryReportOptions options)
    {
        byte[] colors = new byte[3 * 256];
        for (int i = 0; i < 256; i++) (colors[3 * i], colors[(3 * i) + 1], colors[(3 * i) + 2]) = options.ColorMap[i / 255.0];
        return colors;
    }
}

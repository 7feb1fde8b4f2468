using System.Text.Json;

namespace Iba.Reports;

/// <summary>What a report shows of one row: the photograph, the map, the words, the bytes.</summary>
/// <param name="Photograph">Null: none.</param>
/// <param name="Map">Null: none.</param>
/// <param name="Row">The row.</param>
/// <param name="Failure">Why it could not be explained; null: it could.</param>
/// <param name="Note">What else is to be said, for example why the photograph is missing; null: nothing.</param>
internal sealed record GalleryEntry(ReportRow Row, PictureThumbnail? Photograph, DensityMap? Map, string? Failure, string? Note)
{
    // A screen and a half of the details; more of a file is for programs.
    private const int MostLines = 64;

    /// <summary>The bits of the row; null: not known.</summary>
    public double? Bits => Row.Bits ?? (Row.Map is { } map ? Total(map)
        : Row.Text is not null ? Row.Words.Sum(word => word.Bits)
        : Row.Bytes.Count > 0 ? Row.Bytes.Sum(value => value.Bits) : null);

    /// <summary>The most bits per pixel, of a word or of a byte; null: there is none.</summary>
    public double? Largest => Map is not null ? Map.Largest
        : Row.Text is not null && Row.Words.Count > 0 ? Row.Words.Max(word => word.Bits)
        : Row.Text is null && Row.Bytes.Count > 0 ? Row.Bytes.Max(value => value.Bits) : null;

    // Width by height: maps may have other proportions than what they cover.
    private double? Aspect => Photograph?.Aspect ?? (Row.Map is { } map ? (double)map.PictureWidth / map.PictureHeight : null);

    /// <summary>Prepares a row: loads its photograph, checks and shrinks its map.</summary>
    public static GalleryEntry Of(ReportRow row, GalleryReportOptions options)
    {
        string? failure = row.Failure ?? (row.Map is { } map ? DensityMap.Fault(map) : null) ?? (row.Text is null ? FaultOfBytes(row.Bytes) : FaultOfWords(row.Text, row.Words));
        var (photograph, note) = Load(row, options);
        var shown = failure is null && row.Map is not null ? DensityMap.Of(row.Map).Within(options.MapSize) : null;
        return new(row, photograph, shown, failure, note);
    }

    /// <summary>Writes it as an object of JSON.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Photograph is not null) json.WriteBase64String("photograph", Photograph.Jpeg);
        if (Map is not null) WriteMap(json, Map);
        if (Aspect is { } aspect)
        {
            json.WritePropertyName("aspect");
            json.WriteRawValue(NumberColumn.Format(aspect));
        }

        if (Row.Text is not null) WriteWords(json);
        else if (Row.Bytes.Count > 0 && Failure is null) WriteBytes(json, new ByteListing(Row.Bytes));
        if (Note is not null) json.WriteString("note", PrintableText.Of(Note));
        json.WriteEndObject();
    }

    /// <summary>Writes a map as properties of an object of JSON.</summary>
    public static void WriteMap(Utf8JsonWriter json, DensityMap map)
    {
        json.WriteNumber("width", map.Width);
        json.WriteNumber("height", map.Height);
        json.WritePropertyName("largest");
        json.WriteRawValue(NumberColumn.Format(map.Largest));
        json.WriteBase64String("map", map.Quantize());
    }

    // Words are pairs of text and bits; what stands between them is text alone.
    private void WriteWords(Utf8JsonWriter json)
    {
        string text = Row.Text!;
        int at = 0;
        json.WriteStartArray("words");
        foreach (var (start, length, bits) in Failure is null ? Row.Words : [])
        {
            if (start > at) json.WriteStringValue(PrintableText.Of(text[at..start]));
            json.WriteStartArray();
            json.WriteStringValue(PrintableText.Of(text[start..(start + length)]));
            json.WriteRawValue(NumberColumn.Format(bits));
            json.WriteEndArray();
            at = start + length;
        }

        if (at < text.Length) json.WriteStringValue(PrintableText.Of(text[at..]));
        json.WriteEndArray();
    }

    // Lines: offset, bytes left out before it, bits, and for each place null or the byte and its bits.
    private static void WriteBytes(Utf8JsonWriter json, ByteListing listing)
    {
        json.WriteStartArray("lines");
        foreach (var (skipped, line) in listing.Lines(MostLines))
        {
            json.WriteStartArray();
            json.WriteNumberValue(line.Offset);
            json.WriteNumberValue(skipped);
            json.WriteRawValue(NumberColumn.Format(line.Bits));
            for (int place = 0; place < ByteLine.Width; place++)
            {
                if (line[place] is not { } value)
                {
                    json.WriteNullValue();
                    continue;
                }

                json.WriteStartArray();
                json.WriteNumberValue(value.Value);
                json.WriteRawValue(value.Bits.ToString("G3", System.Globalization.CultureInfo.InvariantCulture));
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static double Total(ReportMap map)
    {
        double total = 0;
        foreach (float bits in map.Bits.Span) total += float.IsNaN(bits) ? 0 : bits;
        return total;
    }

    private static string? FaultOfWords(string text, IReadOnlyList<TextBits> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            if (!double.IsFinite(words[i].Bits) || words[i].Bits < 0)
                return FormattableString.Invariant($"its word {i} has {words[i].Bits} bits, which is no number of bits");
        }

        return FaultOf(() => new ShadedText(text, words));
    }

    private static string? FaultOfBytes(IReadOnlyList<ByteBits> bytes)
    {
        foreach (var value in bytes)
        {
            if (!double.IsFinite(value.Bits) || value.Bits < 0)
                return FormattableString.Invariant($"its byte {value.Offset} has {value.Bits} bits, which is no number of bits");
        }

        return FaultOf(() => new ByteListing(bytes));
    }

    private static string? FaultOf(Func<object> make)
    {
        try
        {
            make();
            return null;
        }
        catch (ArgumentException wrong)
        {
            return wrong.Message;
        }
    }

    private static (PictureThumbnail? Photograph, string? Note) Load(ReportRow row, GalleryReportOptions options)
    {
        if (row.Photograph is null) return (null, null);
        try
        {
            return (PictureThumbnail.Of(row.Photograph(), options.PhotographSize), null);
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return (null, $"The photograph cannot be shown: {unreadable.Message}");
        }
    }
}

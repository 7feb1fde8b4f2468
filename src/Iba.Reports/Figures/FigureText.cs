using SkiaSharp;

namespace Iba.Reports;

/// <summary>Text in figures, in fonts that the assembly brings along: a bare machine has none.</summary>
internal static class FigureText
{
    private static readonly Lazy<SKTypeface> Regular = new(() => Load("DejaVuSans.ttf"));
    private static readonly Lazy<SKTypeface> Bold = new(() => Load("DejaVuSans-Bold.ttf"));

    /// <summary>Nearly black.</summary>
    public static SKColor Ink { get; } = new(0x22, 0x22, 0x22);

    /// <summary>For what is read second.</summary>
    public static SKColor Faint { get; } = new(0x66, 0x66, 0x66);

    /// <summary>Draws one line, cut with an ellipsis where it is wider than <paramref name="width"/>.</summary>
    /// <param name="canvas">Where to draw.</param>
    /// <param name="text">The line.</param>
    /// <param name="x">The left end, the middle or the right end, as <paramref name="anchor"/> says.</param>
    /// <param name="baseline">Where the letters stand.</param>
    /// <param name="size">In pixels.</param>
    /// <param name="color">Usually <see cref="Ink"/> or <see cref="Faint"/>.</param>
    /// <param name="bold">Whether the line is a title.</param>
    /// <param name="anchor">0: <paramref name="x"/> is the left end; 0.5: the middle; 1: the right end.</param>
    /// <param name="width">The room there is.</param>
    public static void Draw(
        SKCanvas canvas, string text, float x, float baseline, float size, SKColor color, bool bold = false, float anchor = 0,
        float width = float.PositiveInfinity)
    {
        using var font = new SKFont((bold ? Bold : Regular).Value, size) { Edging = SKFontEdging.Antialias, Subpixel = true };
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        string line = Fit(text, font, width);
        canvas.DrawText(line, x - (anchor * Measure(line, font)), baseline, font, paint);
    }

    private static string Fit(string text, SKFont font, float width)
    {
        if (Measure(text, font) <= width)
        {
            return text;
        }

        int length = text.Length;
        while (length > 1 && Measure(Shortened(), font) > width)
        {
            length--;
        }

        return Shortened();

        string Shortened() => text[..length].TrimEnd() + "…";
    }

    /// <summary>By glyphs: SkiaSharp 2 and 3 share this way of measuring.</summary>
    private static float Measure(string text, SKFont font)
    {
        ushort[] glyphs = new ushort[font.CountGlyphs(text)];
        font.GetGlyphs(text, glyphs);
        return font.MeasureText(glyphs);
    }

    private static SKTypeface Load(string name)
    {
        using var stream = typeof(FigureText).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The font '{name}' is missing in {typeof(FigureText).Assembly.FullName}.");
        return SKTypeface.FromStream(stream);
    }
}

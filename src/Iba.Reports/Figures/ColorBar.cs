using System.Globalization;
using Iba.Torch;
using SkiaSharp;

namespace Iba.Reports;

/// <summary>The scale beside a heat map: which colour means how many bits per pixel.</summary>
internal static class ColorBar
{
    private const float TickLength = 5;

    /// <summary>Draws an upright bar, its ticks and its unit to the right.</summary>
    public static void DrawUpright(SKCanvas canvas, SKRect area, HeatmapRenderer renderer, double maximum, float textSize)
    {
        Fill(canvas, area, renderer, upright: true);
        using var line = Line();
        foreach (var (value, label) in Ticks(maximum))
        {
            float y = area.Bottom - (float)(value / Top(maximum) * area.Height);
            canvas.DrawLine(area.Right, y, area.Right + TickLength, y, line);
            FigureText.Draw(canvas, label, area.Right + TickLength + 4, y + (0.36f * textSize), textSize, FigureText.Ink);
        }

        canvas.Save();
        canvas.RotateDegrees(-90, area.Right, area.MidY);
        FigureText.Draw(canvas, "bits/pixel", area.Right, area.MidY + (3.9f * textSize), textSize, FigureText.Faint, anchor: 0.5f);
        canvas.Restore();
    }

    /// <summary>Draws a lying bar, its ticks and its unit below.</summary>
    public static void DrawLying(SKCanvas canvas, SKRect area, HeatmapRenderer renderer, double maximum, string unit, float textSize)
    {
        Fill(canvas, area, renderer, upright: false);
        using var line = Line();
        foreach (var (value, label) in Ticks(maximum))
        {
            float x = area.Left + (float)(value / Top(maximum) * area.Width);
            canvas.DrawLine(x, area.Bottom, x, area.Bottom + TickLength, line);
            FigureText.Draw(canvas, label, x, area.Bottom + TickLength + textSize + 1, textSize, FigureText.Ink, anchor: 0.5f);
        }

        FigureText.Draw(canvas, unit, area.Right + 20, area.Bottom - 2, textSize, FigureText.Faint);
    }

    /// <summary>Round values from 0 on, in steps of 1, 2 or 5 times a power of ten: three to six of them.</summary>
    internal static IEnumerable<(double Value, string Label)> Ticks(double maximum)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(Top(maximum))));
        double step = new[] { 0.2, 0.5, 1, 2, 5 }.Select(x => x * power).First(x => Top(maximum) / x < 6);
        string format = "F" + Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 15);
        for (int i = 0; i * step <= Top(maximum) * (1 + 1e-9); i++)
        {
            yield return (i * step, (i * step).ToString(format, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>An empty map still has a scale.</summary>
    private static double Top(double maximum) => maximum > 0 && double.IsFinite(maximum) ? maximum : 1;

    private static SKPaint Line() => new() { Color = FigureText.Ink, StrokeWidth = 1, IsAntialias = false, IsStroke = true };

    private static void Fill(SKCanvas canvas, SKRect area, HeatmapRenderer renderer, bool upright)
    {
        using var paint = new SKPaint { IsAntialias = false };
        int length = (int)(upright ? area.Height : area.Width);
        for (int i = 0; i < length; i++)
        {
            var (red, green, blue) = renderer.BarColor((i + 0.5) / length);
            paint.Color = new SKColor(red, green, blue);
            var line = upright
                ? SKRect.Create(area.Left, area.Bottom - i - 1, area.Width, 1)
                : SKRect.Create(area.Left + i, area.Top, 1, area.Height);
            canvas.DrawRect(line, paint);
        }
    }
}

using Iba.Torch;
using SkiaSharp;

namespace Iba.Reports;

/// <summary>One heat map over its photograph, with title and colour bar: a picture to publish.</summary>
public static class HeatmapFigure
{
    private const int Margin = 16;
    private const int BarWidth = 16;
    private const int BarRoom = 84;
    private const float TitleSize = 20;
    private const float CaptionSize = 15;

    /// <summary>Draws a figure.</summary>
    /// <param name="photograph">What the network saw; its size is the map's.</param>
    /// <param name="bits">Bits per pixel, row by row.</param>
    /// <param name="title">Above the picture, for example the class; null: none.</param>
    /// <param name="caption">Below the title, for example probability and total bits; null: none.</param>
    /// <param name="renderer">Colours and scale; null: the defaults.</param>
    /// <param name="height">The map's height in the figure, in pixels; its width follows. Default 448.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static RgbImage Render(
        RgbImage photograph, ReadOnlySpan<float> bits, string? title = null, string? caption = null, HeatmapRenderer? renderer = null,
        int height = 448)
    {
        HeatmapRenderer.CheckSize(photograph, bits);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 32);
        renderer ??= new HeatmapRenderer();
        int width = Math.Max(1, (int)Math.Round((double)height * photograph.Width / photograph.Height));
        float text = (title is null ? 0 : TitleSize + 8) + (caption is null ? 0 : CaptionSize + 8);
        float top = Margin + text + (text > 0 ? 4 : 0);

        int figureWidth = Margin + width + Margin + BarWidth + BarRoom;
        using var figure = new FigureCanvas(figureWidth, (int)top + height + Margin);
        float baseline = (float)Margin;
        if (title is not null)
        {
            baseline += TitleSize;
            FigureText.Draw(
                figure.Canvas, title, Margin, baseline - 2, TitleSize, FigureText.Ink, bold: true, width: figureWidth - (2 * Margin));
            baseline += 8;
        }

        if (caption is not null)
        {
            FigureText.Draw(
                figure.Canvas, caption, Margin, baseline + CaptionSize - 2, CaptionSize, FigureText.Faint, width: figureWidth - (2 * Margin));
        }

        figure.Draw(renderer.Overlay(photograph, bits).Resize(width, height, ImageInterpolation.Bicubic), Margin, top);
        var bar = SKRect.Create(Margin + width + Margin, top, BarWidth, height);
        ColorBar.DrawUpright(figure.Canvas, bar, renderer, renderer.Maximum ?? HeatmapRenderer.Largest(bits), CaptionSize);
        return figure.ToImage();
    }
}

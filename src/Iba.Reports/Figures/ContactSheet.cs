using Iba.Torch;
using SkiaSharp;

namespace Iba.Reports;

/// <summary>Many photographs with their heat maps side by side on one sheet, under one colour bar.</summary>
public sealed class ContactSheet
{
    private const int Margin = 28;
    private const int PairGap = 4;
    private const int ColumnGap = 32;
    private const int RowGap = 24;
    private const int TextHeight = 48;
    private const int BarHeight = 16;
    private const int MaximumRoom = 150;
    private const int FooterHeight = BarHeight + 32;
    private const float TitleSize = 17;
    private const float CaptionSize = 14;

    private readonly List<(RgbImage Photograph, float[] Bits, string Title, string Caption)> _rows = [];

    /// <summary>Colours and scale. Where its maximum is null (default), all maps share the scale of the largest value on the sheet.</summary>
    public HeatmapRenderer Renderer { get; init => field = value ?? throw new ArgumentNullException(nameof(Renderer)); } = new();

    /// <summary>Whether each map is scaled to its own largest value, which is then written beside its caption. Default false.</summary>
    public bool ScaleEach { get; init; }

    /// <summary>Pairs beside each other, at least 1. Default 3.</summary>
    public int Columns
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Columns), value, $"{nameof(Columns)} is at least 1.");
    } = 3;

    /// <summary>The side of the square that a photograph fits into, in pixels, at least 32. Default 224.</summary>
    public int TileSize
    {
        get;
        init => field = value >= 32 ? value : throw new ArgumentOutOfRangeException(nameof(TileSize), value, $"{nameof(TileSize)} is at least 32.");
    } = 224;

    /// <summary>The number of pairs added.</summary>
    public int Count => _rows.Count;

    /// <summary>Adds a photograph and its map.</summary>
    /// <param name="photograph">What the network saw; its size is the map's.</param>
    /// <param name="bits">Bits per pixel, row by row; copied.</param>
    /// <param name="title">Above the pair, for example the class.</param>
    /// <param name="caption">Below the title, for example probability and total bits.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public void Add(RgbImage photograph, ReadOnlySpan<float> bits, string title, string caption = "")
    {
        HeatmapRenderer.CheckSize(photograph, bits);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(caption);
        _rows.Add((photograph, bits.ToArray(), title, caption));
    }

    /// <summary>Draws the sheet.</summary>
    /// <exception cref="InvalidOperationException">Nothing was added.</exception>
    public RgbImage Render()
    {
        if (_rows.Count == 0)
        {
            throw new InvalidOperationException("The contact sheet is empty: add photographs first.");
        }

        int columns = Math.Min(Columns, _rows.Count);
        int lines = (_rows.Count + columns - 1) / columns;
        var (cellWidth, cellHeight) = ((2 * TileSize) + PairGap, TextHeight + TileSize);
        int width = (2 * Margin) + (columns * cellWidth) + ((columns - 1) * ColumnGap);
        int height = (2 * Margin) + (lines * (cellHeight + RowGap)) + FooterHeight;

        using var figure = new FigureCanvas(width, height);
        double common = Renderer.Maximum ?? _rows.Max(row => HeatmapRenderer.Largest(row.Bits));
        for (int i = 0; i < _rows.Count; i++)
        {
            int x = Margin + (i % columns * (cellWidth + ColumnGap));
            int y = Margin + (i / columns * (cellHeight + RowGap));
            DrawPair(figure, x, y, cellWidth, i, common);
        }

        // The bar's first and last label stand half outside it.
        var bar = SKRect.Create(Margin + 6, height - Margin - FooterHeight + 4, cellWidth - 12, BarHeight);
        ColorBar.DrawLying(
            figure.Canvas, bar, Renderer, ScaleEach ? 1 : common, ScaleEach ? "share of each map's maximum" : "bits/pixel", CaptionSize);
        return figure.ToImage();
    }

    private void DrawPair(FigureCanvas figure, int x, int y, int width, int index, double common)
    {
        var (photograph, bits, title, caption) = _rows[index];
        double maximum = ScaleEach ? HeatmapRenderer.Largest(bits) : common;
        FigureText.Draw(figure.Canvas, title, x, y + TitleSize - 3, TitleSize, FigureText.Ink, bold: true, width: width);
        float baseline = y + TitleSize + CaptionSize + 4;
        FigureText.Draw(figure.Canvas, caption, x, baseline, CaptionSize, FigureText.Faint, width: ScaleEach ? width - MaximumRoom : width);
        if (ScaleEach)
        {
            string text = FormattableString.Invariant($"max {maximum:G2} bits/pixel");
            FigureText.Draw(figure.Canvas, text, x + width, baseline, CaptionSize, FigureText.Faint, anchor: 1);
        }

        var overlay = (Renderer with { Maximum = maximum }).Overlay(photograph, bits);
        DrawTile(figure, photograph, x, y + TextHeight);
        DrawTile(figure, overlay, x + TileSize + PairGap, y + TextHeight);
    }

    /// <summary>Fits a picture into its square, in the middle.</summary>
    private void DrawTile(FigureCanvas figure, RgbImage picture, int x, int y)
    {
        double scale = (double)TileSize / Math.Max(picture.Width, picture.Height);
        var (width, height) = (Math.Max(1, (int)Math.Round(picture.Width * scale)), Math.Max(1, (int)Math.Round(picture.Height * scale)));
        var tile = picture.Resize(width, height, ImageInterpolation.Bicubic);
        figure.Draw(tile, x + ((TileSize - width) / 2), y + ((TileSize - height) / 2));
    }
}

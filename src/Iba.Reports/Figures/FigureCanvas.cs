using System.Runtime.InteropServices;
using Iba.Torch;
using SkiaSharp;

namespace Iba.Reports;

/// <summary>A white sheet to draw a figure on.</summary>
internal sealed class FigureCanvas : IDisposable
{
    private readonly SKBitmap _bitmap;

    /// <summary>Makes a white sheet.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    public FigureCanvas(int width, int height)
    {
        _bitmap = NewBitmap(width, height);
        Canvas = new SKCanvas(_bitmap);
        Canvas.Clear(SKColors.White);
    }

    /// <summary>Where to draw text and bars.</summary>
    public SKCanvas Canvas { get; }

    /// <summary>Draws a picture as it is, its upper left corner at <paramref name="x"/>, <paramref name="y"/>.</summary>
    public void Draw(RgbImage picture, float x, float y)
    {
        using var bitmap = NewBitmap(picture.Width, picture.Height);
        byte[] pixels = picture.ToRgba();
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        Canvas.DrawBitmap(bitmap, x, y);
    }

    /// <summary>What was drawn.</summary>
    public RgbImage ToImage()
    {
        Canvas.Flush();
        // Skia's pointer, not its span: the span's type differs between SkiaSharp 2 and 3, and applications may bring either.
        byte[] rgba = new byte[_bitmap.RowBytes * _bitmap.Height];
        Marshal.Copy(_bitmap.GetPixels(), rgba, 0, rgba.Length);
        byte[] pixels = new byte[3 * _bitmap.Width * _bitmap.Height];
        for (var (from, to) = (0, 0); to < pixels.Length; from += 4, to += 3)
        {
            rgba.AsSpan(from, 3).CopyTo(pixels.AsSpan(to));
        }

        return new RgbImage(_bitmap.Width, _bitmap.Height, pixels);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Canvas.Dispose();
        _bitmap.Dispose();
    }

    // Four bytes a pixel: rows follow each other without a gap.
    private static SKBitmap NewBitmap(int width, int height) => new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
}

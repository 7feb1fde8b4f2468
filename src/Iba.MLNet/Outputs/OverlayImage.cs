using Iba.Torch;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Draws the overlay column's images.</summary>
internal static class OverlayImage
{
    private static readonly HeatmapRenderer Renderer = new();

    /// <summary>The heat map over the picture that the network saw; the caller disposes it.</summary>
    public static MLImage Draw(RgbImage picture, float[] heatmap)
    {
        var overlay = Renderer.Overlay(picture, heatmap);
        byte[] pixels = new byte[4 * overlay.Width * overlay.Height];
        for (int from = 0, to = 0; to < pixels.Length; from += 3, to += 4)
        {
            overlay.Pixels.Slice(from, 3).CopyTo(pixels.AsSpan(to));
            pixels[to + 3] = byte.MaxValue;
        }

        return MLImage.CreateFromPixels(overlay.Width, overlay.Height, MLPixelFormat.Rgba32, pixels);
    }
}

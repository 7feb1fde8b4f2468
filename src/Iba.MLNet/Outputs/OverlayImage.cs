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
        return MLImage.CreateFromPixels(overlay.Width, overlay.Height, MLPixelFormat.Rgba32, overlay.ToRgba());
    }
}

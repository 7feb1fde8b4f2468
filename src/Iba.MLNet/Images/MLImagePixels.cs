using Iba.Torch;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Copies the pixels of ML.NET's images. They belong to the caller: they are neither kept nor disposed.</summary>
internal static class MLImagePixels
{
    /// <summary>Copies an image's pixels; transparent parts are laid on white.</summary>
    /// <exception cref="ArgumentNullException">There is no image: its file could not be read, or the column is not loaded.</exception>
    public static RgbImage Read(MLImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        try
        {
            var pixels = image.Pixels;
            return RgbImage.FromPixels(
                image.Width, image.Height, pixels.Length / image.Height, image.PixelFormat == MLPixelFormat.Bgra32, pixels);
        }
        catch (MissingMethodException)
        {
            // ML.NET 5.0 is compiled against SkiaSharp 2.88; in an application that brings SkiaSharp 3 this property is the one that
            // still works. It drops the alpha channel.
            return FromBgr(image.Width, image.Height, image.GetBGRPixels);
        }
    }

    private static RgbImage FromBgr(int width, int height, byte[] pixels)
    {
        for (int i = 0; i < pixels.Length; i += 3)
        {
            (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
        }

        return new RgbImage(width, height, pixels);
    }
}

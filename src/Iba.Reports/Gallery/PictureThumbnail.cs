using Iba.Torch;
using SkiaSharp;

namespace Iba.Reports;

/// <summary>Photographs as small JPEG files.</summary>
internal static class PictureThumbnail
{
    private const int Quality = 82;

    /// <summary>The picture as JPEG, no side of it longer than the given one; equal pictures give equal bytes.</summary>
    public static byte[] Encode(RgbImage picture, int side)
    {
        int longer = Math.Max(picture.Width, picture.Height);
        if (longer > side) picture = picture.Resize(Shortened(picture.Width), Shortened(picture.Height), ImageInterpolation.Bicubic);
        using var pixels = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        System.Runtime.InteropServices.Marshal.Copy(picture.ToRgba(), 0, pixels.GetPixels(), 4 * picture.Width * picture.Height);
        using var data = pixels.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return data.ToArray();

        int Shortened(int length) => Math.Max(1, (int)Math.Round((double)length * side / longer));
    }
}

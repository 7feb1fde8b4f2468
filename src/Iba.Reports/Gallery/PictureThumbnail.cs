using System.Runtime.InteropServices;
using Iba.Torch;
using SkiaSharp;

namespace Iba.Reports;

/// <summary>A photograph as a small JPEG file.</summary>
/// <param name="Jpeg">The file.</param>
/// <param name="Aspect">The photograph's width by its height.</param>
internal sealed record PictureThumbnail(byte[] Jpeg, double Aspect)
{
    private const int Quality = 82;

    /// <summary>Shrinks a picture until no side of it is longer than the given one; equal pictures give equal bytes.</summary>
    public static PictureThumbnail Of(RgbImage picture, int side)
    {
        double aspect = (double)picture.Width / picture.Height;
        int longer = Math.Max(picture.Width, picture.Height);
        if (longer > side) picture = picture.Resize(Shortened(picture.Width), Shortened(picture.Height), ImageInterpolation.Bicubic);
        using var pixels = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(picture.ToRgba(), 0, pixels.GetPixels(), 4 * picture.Width * picture.Height);
        using var data = pixels.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return new(data.ToArray(), aspect);

        int Shortened(int length) => Math.Max(1, (int)Math.Round((double)length * side / longer));
    }
}

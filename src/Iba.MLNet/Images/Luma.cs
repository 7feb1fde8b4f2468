using Iba.Torch;

namespace Iba.MLNet;

/// <summary>Grey as Pillow's mode L computes it: 0.299 red + 0.587 green + 0.114 blue in 16 binary digits, rounded.</summary>
internal static class Luma
{
    /// <summary>The image in grey, as three equal channels.</summary>
    public static RgbImage Of(RgbImage image)
    {
        var source = image.Pixels;
        byte[] grey = new byte[source.Length];
        for (int i = 0; i < grey.Length; i += 3)
        {
            int luma = ((source[i] * 19595) + (source[i + 1] * 38470) + (source[i + 2] * 7471) + 0x8000) >> 16;
            grey.AsSpan(i, 3).Fill((byte)luma);
        }

        return new RgbImage(image.Width, image.Height, grey);
    }
}

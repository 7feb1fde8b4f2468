using Iba.Torch;

namespace Iba.MLNet;

/// <summary>The sizes that a preprocessing gives for one image, rounded as torchvision rounds.</summary>
/// <param name="ImageWidth">The original's width.</param>
/// <param name="ImageHeight">The original's height.</param>
/// <param name="ResizedWidth">After resizing.</param>
/// <param name="ResizedHeight">After resizing.</param>
/// <param name="Left">The crop's left edge in the resized image; negative where the crop is wider and padded.</param>
/// <param name="Top">The crop's top edge in the resized image; negative where the crop is higher and padded.</param>
/// <param name="Width">The crop's width.</param>
/// <param name="Height">The crop's height.</param>
internal readonly record struct CropGeometry(
    int ImageWidth, int ImageHeight, int ResizedWidth, int ResizedHeight, int Left, int Top, int Width, int Height)
{
    /// <summary>One gigabyte of bytes: more is a mistake, such as a strip of one pixel's width resized without a crop.</summary>
    private const long LargestPicture = (1L << 30) / 3;

    /// <summary>The crop in pixels of the original image.</summary>
    public SourceRectangle Source
    {
        get
        {
            var (x, y) = ((double)ImageWidth / ResizedWidth, (double)ImageHeight / ResizedHeight);
            return new SourceRectangle(Left * x, Top * y, Width * x, Height * y);
        }
    }

    /// <summary>The geometry for an image of the given size.</summary>
    public static CropGeometry Of(ImagePreprocessing preprocessing, int imageWidth, int imageHeight)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(imageWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(imageHeight);
        preprocessing.Validate();

        long width = preprocessing.ResizeWidth ?? imageWidth;
        long height = preprocessing.ResizeHeight ?? imageHeight;
        if (preprocessing.ResizeShorterSide is int side)
        {
            // The longer side is cut to an integer, not rounded.
            (width, height) = imageWidth <= imageHeight
                ? ((long)side, (long)side * imageHeight / imageWidth)
                : ((long)side * imageWidth / imageHeight, (long)side);
        }

        long cropWidth = preprocessing.CropWidth ?? width;
        long cropHeight = preprocessing.CropHeight ?? height;
        if (Math.Max(width, height) > int.MaxValue || cropWidth * cropHeight > LargestPicture)
        {
            throw new ArgumentException(
                $"An image of {imageWidth} x {imageHeight} pixels would become {width} x {height} and its crop {cropWidth} x {cropHeight}: "
                + "too large. Leave such images out, or set CropWidth and CropHeight.");
        }

        return new CropGeometry(
            imageWidth, imageHeight, (int)width, (int)height,
            Offset(width, cropWidth), Offset(height, cropHeight), (int)cropWidth, (int)cropHeight);
    }

    /// <summary>Resizes an image and cuts the crop; what lies outside the image is black.</summary>
    public RgbImage Cut(RgbImage image, ImageInterpolation interpolation)
    {
        var (x, y) = (Math.Max(Left, 0), Math.Max(Top, 0));
        var window = (x, y, Math.Min(Left + Width, ResizedWidth) - x, Math.Min(Top + Height, ResizedHeight) - y);
        var inside = PillowResampler.Resample(image, ResizedWidth, ResizedHeight, window, interpolation);
        if (inside.Width == Width && inside.Height == Height)
        {
            return inside;
        }

        byte[] padded = new byte[3 * Width * Height];
        for (int row = 0; row < inside.Height; row++)
        {
            int target = 3 * (((y - Top + row) * Width) + x - Left);
            inside.Pixels.Slice(row * 3 * inside.Width, 3 * inside.Width).CopyTo(padded.AsSpan(target));
        }

        return new RgbImage(Width, Height, padded);
    }

    /// <summary>Interpolates a heat map of the crop at the original's pixels; NaN outside the crop.</summary>
    public float[] ToOriginal(ReadOnlySpan<float> heatmap)
    {
        if (heatmap.Length != Width * Height)
        {
            throw new ArgumentException(
                $"The heat map has {heatmap.Length} values, but the network's picture has {Width} x {Height} pixels.", nameof(heatmap));
        }

        var (scaleX, scaleY) = ((double)ResizedWidth / ImageWidth, (double)ResizedHeight / ImageHeight);
        float[] original = new float[checked(ImageWidth * ImageHeight)];
        for (var (y, i) = (0, 0); y < ImageHeight; y++)
        {
            var (top, bottom, down) = Neighbours(((y + 0.5) * scaleY) - Top, Height);
            for (int x = 0; x < ImageWidth; x++, i++)
            {
                var (left, right, across) = Neighbours(((x + 0.5) * scaleX) - Left, Width);
                if (top < 0 || left < 0)
                {
                    original[i] = float.NaN;
                    continue;
                }

                double above = double.Lerp(heatmap[(top * Width) + left], heatmap[(top * Width) + right], across);
                double below = double.Lerp(heatmap[(bottom * Width) + left], heatmap[(bottom * Width) + right], across);
                // One pixel of the original covers this many pixels of the crop.
                original[i] = (float)(double.Lerp(above, below, down) * scaleX * scaleY);
            }
        }

        return original;
    }

    /// <summary>The pixels whose centres lie around a position, and its share of the way between them; -1 where it lies outside.</summary>
    private static (int Low, int High, double Share) Neighbours(double position, int size)
    {
        if (position < 0 || position >= size)
        {
            return (-1, -1, 0);
        }

        double fromCentre = Math.Clamp(position - 0.5, 0, size - 1);
        int low = (int)fromCentre;
        return (low, Math.Min(low + 1, size - 1), fromCentre - low);
    }

    /// <summary>Where the crop begins: half the rest, rounded half to even; padding is rounded down.</summary>
    private static int Offset(long size, long crop) => size >= crop ? (int)Math.Round((size - crop) / 2.0) : -(int)((crop - size) / 2);
}

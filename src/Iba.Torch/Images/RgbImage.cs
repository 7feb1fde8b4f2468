using System.Runtime.InteropServices;
using SkiaSharp;

namespace Iba.Torch;

/// <summary>A picture in memory: three bytes per pixel (red, green, blue), row by row, without alpha.</summary>
public sealed class RgbImage
{
    private readonly byte[] _pixels;

    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="width">In pixels, at least 1.</param>
    /// <param name="height">In pixels, at least 1.</param>
    /// <param name="pixels">Red, green, blue of each pixel, row by row: <paramref name="width"/> * <paramref name="height"/> * 3 bytes.</param>
    /// <exception cref="ArgumentException">The number of bytes does not fit the size.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != 3L * width * height)
        {
            throw new ArgumentException(
                $"A picture of {width} x {height} pixels has {3L * width * height} bytes (red, green, blue), but {pixels.Length} were given.",
                nameof(pixels));
        }

        Width = width;
        Height = height;
        _pixels = pixels;
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>Red, green, blue of each pixel, row by row.</summary>
    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>Reads a JPEG, PNG, GIF, BMP or WebP file as Pillow does: the pixels of <c>Image.open(path).convert("RGB")</c>.</summary>
    /// <remarks>
    /// The first picture of an animation is read; alpha is dropped and leaves the colours under it; of 16 bits of colour the upper eight are
    /// kept, 16 bits of grey are clipped at 255; CMYK becomes RGB without profiles. EXIF orientation is not applied. A transparent pixel of a
    /// GIF is black, where Pillow gives whatever colour its palette holds there.
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no picture that can be read, or not the whole of one.</exception>
    public static RgbImage Load(string path) => Load(path, applyExifOrientation: false);

    /// <summary>Reads a file as <see cref="Load(string)"/> does, and may turn it upright.</summary>
    /// <param name="path">The file.</param>
    /// <param name="applyExifOrientation">
    /// Whether the picture is turned and mirrored as its file says (EXIF, in JPEG, PNG and WebP), as Pillow's <c>exif_transpose</c> does.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no picture that can be read, or not the whole of one.</exception>
    public static RgbImage Load(string path, bool applyExifOrientation)
        => PictureDecoder.Decode(File.ReadAllBytes(path), $"'{path}'", applyExifOrientation);

    /// <summary>Reads an encoded picture as <see cref="Load(string)"/> does; the stream is left open.</summary>
    /// <exception cref="InvalidDataException">The bytes are no picture that can be read, or not the whole of one.</exception>
    public static RgbImage Decode(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return PictureDecoder.Decode(bytes.ToArray(), "The stream", applyExifOrientation: false);
    }

    /// <summary>Resizes the picture, filtering what it shrinks; equal to Pillow's <c>Image.resize</c> byte for byte.</summary>
    /// <param name="width">The new width in pixels.</param>
    /// <param name="height">The new height in pixels.</param>
    /// <param name="interpolation">The filter.</param>
    public RgbImage Resize(int width, int height, ImageInterpolation interpolation = ImageInterpolation.Bilinear)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return PillowResampler.Resample(this, width, height, (0, 0, width, height), interpolation);
    }

    /// <summary>Copies the pixels for what wants four bytes each: red, green, blue and an alpha of 255, row by row.</summary>
    /// <returns><see cref="Width"/> * <see cref="Height"/> * 4 bytes.</returns>
    public byte[] ToRgba()
    {
        byte[] rgba = new byte[checked(4 * Width * Height)];
        for (var (from, to) = (0, 0); from < _pixels.Length; from += 3, to += 4)
        {
            _pixels.AsSpan(from, 3).CopyTo(rgba.AsSpan(to));
            rgba[to + 3] = byte.MaxValue;
        }

        return rgba;
    }

    /// <summary>Encodes the picture as PNG.</summary>
    public byte[] ToPng()
    {
        using var bitmap = ToBitmap();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Writes the picture to a PNG file.</summary>
    public void SavePng(string path) => File.WriteAllBytes(path, ToPng());

    /// <summary>Reads pixels of four bytes as Skia decodes them: colours premultiplied with alpha.</summary>
    /// <remarks>
    /// Pixels that let light through are laid on white. Callers may also hand in pixels of their own making: where a colour exceeds its alpha
    /// the picture is not premultiplied, and is blended as such; where alpha is 0 throughout such a picture, it was never set and is ignored.
    /// </remarks>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="rowBytes">From one row to the next; at least four times the width.</param>
    /// <param name="bgra">Whether blue comes first, otherwise red.</param>
    /// <param name="source">The pixels.</param>
    internal static RgbImage FromPixels(int width, int height, int rowBytes, bool bgra, ReadOnlySpan<byte> source)
    {
        var (straight, anyAlpha) = (false, false);
        byte[] pixels = new byte[checked(3 * width * height)];
        var (red, blue) = bgra ? (2, 0) : (0, 2);
        bool transparent = false;
        for (var (y, to) = (0, 0); y < height; y++)
        {
            var row = source.Slice(y * rowBytes, 4 * width);
            for (int x = 0; x < row.Length; x += 4, to += 3)
            {
                byte alpha = row[x + 3];
                pixels[to] = row[x + red];
                pixels[to + 1] = row[x + 1];
                pixels[to + 2] = row[x + blue];
                if (alpha != 255)
                {
                    transparent = true;
                    straight |= pixels[to] > alpha || pixels[to + 1] > alpha || pixels[to + 2] > alpha;
                }

                anyAlpha |= alpha != 0;
            }
        }

        if (transparent && (anyAlpha || !straight))
        {
            for (var (y, to) = (0, 0); y < height; y++)
            {
                for (int x = 0; x < width; x++, to += 3)
                {
                    LayOnWhite(pixels.AsSpan(to, 3), source[(y * rowBytes) + (4 * x) + 3], straight);
                }
            }
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>The picture for Skia to draw; the caller disposes it.</summary>
    internal SKBitmap ToBitmap()
    {
        byte[] rgba = ToRgba();
        var bitmap = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        return bitmap;
    }

    private static void LayOnWhite(Span<byte> pixel, int alpha, bool straight)
    {
        foreach (ref byte colour in pixel)
        {
            int premultiplied = straight ? ((colour * alpha) + 127) / 255 : colour;
            colour = (byte)(premultiplied + 255 - alpha);
        }
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace Iba.Torch;

/// <summary>Decodes picture files to the pixels that Pillow's <c>Image.open(file).convert("RGB")</c> gives, and refuses what it refuses.</summary>
internal static class PictureDecoder
{
    /// <summary>Pillow's bound, 2^31 bytes of twelve a pixel: a small file that promises more pixels is an attack on the memory.</summary>
    private const long MostPixels = (1L << 31) / 12;

    /// <param name="file">The file's bytes.</param>
    /// <param name="name">The file, for messages.</param>
    /// <param name="applyExifOrientation">Whether the picture is turned as its file says.</param>
    /// <exception cref="InvalidDataException">The bytes are no picture that can be read, or not the whole of it.</exception>
    public static RgbImage Decode(byte[] file, string name, bool applyExifOrientation)
    {
        bool clips = PngChunks.IsGrey16(file);
        using var data = SKData.CreateCopy(clips ? PngChunks.SplitGrey16(file) : file);
        using var codec = file.Length == 0 ? null : SKCodec.Create(data);
        if (codec is null)
        {
            throw new InvalidDataException(
                $"{name} is no picture that can be read. JPEG, PNG, GIF, BMP and WebP are; a file cut off in its header is not.");
        }

        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MostPixels)
        {
            throw new InvalidDataException($"{name} says that it has {width} x {height} pixels; at most {MostPixels} are read, as Pillow does.");
        }

        // Straight colours: where a picture lets light through, Pillow keeps its colours and drops the alpha.
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(info);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        if (result == SKCodecResult.IncompleteInput || IsCutShort(file))
        {
            throw new InvalidDataException($"{name} is cut short: only a part of its pixels is there. Fetch or copy the file again.");
        }

        if (result != SKCodecResult.Success)
        {
            throw new InvalidDataException($"{name} is damaged: its pixels cannot be decoded ({result}). Fetch or copy the file again.");
        }

        byte[] samples = new byte[bitmap.RowBytes * height];
        Marshal.Copy(bitmap.GetPixels(), samples, 0, samples.Length);
        var picture = new RgbImage(width, height, clips ? Clip(samples) : WithoutAlpha(samples));
        return applyExifOrientation ? ExifOrientation.Apply(picture, PngChunks.Orientation(file) ?? (int)codec.EncodedOrigin) : picture;
    }

    /// <summary>The number of pixels that a file promises, told by its header alone; 0: it is no picture that can be read.</summary>
    public static long PixelsOf(byte[] file)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = file.Length == 0 ? null : SKCodec.Create(data);
        return codec is null ? 0 : (long)codec.Info.Width * codec.Info.Height;
    }

    private static bool IsCutShort(ReadOnlySpan<byte> file)
        => PngChunks.AreCutShort(file) || JpegMarkers.AreCutShort(file)
            || (file.StartsWith("RIFF"u8) && file.Length >= 8 && file.Length - 8 < BinaryPrimitives.ReadUInt32LittleEndian(file[4..]));

    private static byte[] WithoutAlpha(byte[] samples)
    {
        byte[] pixels = new byte[samples.Length / 4 * 3];
        for (var (from, to) = (0, 0); from < samples.Length; from += 4, to += 3)
        {
            samples.AsSpan(from, 3).CopyTo(pixels.AsSpan(to));
        }

        return pixels;
    }

    // 16 bits of grey, split into an upper and a lower byte, are no scale from black to white for Pillow: what is above 255 is white.
    private static byte[] Clip(byte[] samples)
    {
        byte[] pixels = new byte[samples.Length / 4 * 3];
        for (var (from, to) = (0, 0); from < samples.Length; from += 4, to += 3)
        {
            pixels.AsSpan(to, 3).Fill(samples[from] != 0 ? byte.MaxValue : samples[from + 3]);
        }

        return pixels;
    }
}

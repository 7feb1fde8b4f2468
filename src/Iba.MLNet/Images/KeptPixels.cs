using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>A copy of an image's pixels, out of which images can be made that belong to whoever gets them. Its memory is used again for the next image.</summary>
internal sealed class KeptPixels
{
    private const int BytesPerPixel = 4;

    private static readonly ConditionalWeakTable<MLImage, Pressure> Pressures = [];

    private byte[] _pixels = [];
    private int _width, _height;
    private MLPixelFormat _format;
    private string? _tag;

    /// <summary>Copies an image; null: there is none.</summary>
    public void Keep(MLImage? image)
    {
        (_width, _height, _tag) = (image?.Width ?? 0, image?.Height ?? 0, image?.Tag);
        if (image == null) return;
        int size = _width * _height * BytesPerPixel;
        if (_pixels.Length != size) _pixels = new byte[size];
        try
        {
            _format = image.PixelFormat;
            if (_format != MLPixelFormat.Unknown)
            {
                CopyRows(image.Pixels);
                return;
            }
        }
        catch (MissingMethodException)
        {
            // SkiaSharp 3, see MLImagePixels.
        }

        CopyBgr(image.GetBGRPixels);
    }

    /// <summary>An image with the size, format, pixels and tag of the one that was copied.</summary>
    public MLImage? ToImage()
    {
        if (_height == 0) return null;
        var image = MLImage.CreateFromPixels(_width, _height, _format, _pixels);
        image.Tag = _tag;
        Pressures.Add(image, new Pressure(_pixels.Length));
        return image;
    }

    private void CopyRows(ReadOnlySpan<byte> pixels)
    {
        int row = _width * BytesPerPixel, stride = pixels.Length / _height;
        for (int y = 0; y < _height; y++) pixels.Slice(y * stride, row).CopyTo(_pixels.AsSpan(y * row));
    }

    private void CopyBgr(byte[] pixels)
    {
        _format = MLPixelFormat.Bgra32;
        for (int i = 0; i < _width * _height; i++)
        {
            pixels.AsSpan(3 * i, 3).CopyTo(_pixels.AsSpan(BytesPerPixel * i));
            _pixels[(BytesPerPixel * i) + 3] = byte.MaxValue;
        }
    }

    /// <summary>
    /// Lets the garbage collector know of the pixels, which are not in its memory. Images are left to it: ML.NET's readers into objects pass the
    /// image of the row before to be replaced, which the application may have kept.
    /// </summary>
    private sealed class Pressure
    {
        private readonly long _bytes;

        public Pressure(long bytes) => GC.AddMemoryPressure(_bytes = bytes);

        ~Pressure() => GC.RemoveMemoryPressure(_bytes);
    }
}

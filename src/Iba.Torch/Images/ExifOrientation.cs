using System.Buffers.Binary;

namespace Iba.Torch;

/// <summary>How a camera was held, as EXIF numbers it: 1 is upright, 6 is to be turned clockwise by a quarter.</summary>
internal static class ExifOrientation
{
    private const int Upright = 1;
    private const ushort Tag = 0x0112;
    private const int EntryLength = 12;

    /// <summary>Reads the orientation out of an EXIF block, which has the form of a TIFF file. 1 where it says none.</summary>
    public static int Read(ReadOnlySpan<byte> exif)
    {
        if (exif.Length < 8) return Upright;
        bool little = exif[0] == 'I';
        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        if (directory > exif.Length - 2) return Upright;
        var entries = exif[((int)directory + 2)..];
        for (int left = Number(exif[(int)directory..], little); left > 0 && entries.Length >= EntryLength; left--, entries = entries[EntryLength..])
        {
            if (Number(entries, little) == Tag) return Number(entries[8..], little);
        }

        return Upright;
    }

    /// <summary>Turns and mirrors a picture so that it stands upright; numbers that mean nothing leave it as it is.</summary>
    /// <param name="picture">As it lies in its file.</param>
    /// <param name="orientation">1 to 8.</param>
    public static RgbImage Apply(RgbImage picture, int orientation)
    {
        if (orientation is <= Upright or > 8) return picture;
        var (width, height) = (picture.Width, picture.Height);
        bool transposed = orientation >= 5;
        var source = picture.Pixels;
        byte[] pixels = new byte[source.Length];
        for (var (y, to) = (0, 0); y < (transposed ? width : height); y++)
        {
            for (int x = 0; x < (transposed ? height : width); x++, to += 3)
            {
                var (column, row) = orientation switch
                {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                source.Slice(3 * ((row * width) + column), 3).CopyTo(pixels.AsSpan(to));
            }
        }

        return transposed ? new RgbImage(height, width, pixels) : new RgbImage(width, height, pixels);
    }

    private static ushort Number(ReadOnlySpan<byte> bytes, bool little)
        => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}

using System.Buffers.Binary;

namespace Iba.Torch;

/// <summary>What the chunks of a PNG file say that Skia does not tell. Of other files they say nothing.</summary>
internal static class PngChunks
{
    private const int HeaderLength = 8;
    private const int HeaderTypeOffset = 12;
    private const int BitDepthOffset = 24;
    private const int HeaderChecksumOffset = 29;

    /// <summary>A chunk's length, type and checksum.</summary>
    private const int FrameLength = 12;

    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether the file is a PNG of grey pixels with 16 bits.</summary>
    public static bool IsGrey16(ReadOnlySpan<byte> file)
        => file.StartsWith(Signature) && file.Length > BitDepthOffset + 1 && file[BitDepthOffset] == 16 && file[BitDepthOffset + 1] == 0;

    /// <summary>
    /// The same file, read as 8 bits of grey (the upper byte) and 8 of alpha (the lower one), since Skia drops the lower byte of grey pixels.
    /// Both kinds lay their bytes out alike.
    /// </summary>
    public static byte[] SplitGrey16(ReadOnlySpan<byte> file)
    {
        byte[] split = file.ToArray();
        if (split.Length < HeaderChecksumOffset + 4) return split;
        (split[BitDepthOffset], split[BitDepthOffset + 1]) = (8, 4);
        BinaryPrimitives.WriteUInt32BigEndian(split.AsSpan(HeaderChecksumOffset), Checksum(split.AsSpan(HeaderTypeOffset..HeaderChecksumOffset)));
        return split;
    }

    /// <summary>Whether the file is a PNG that ends before its pixels do.</summary>
    public static bool AreCutShort(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature)) return false;
        bool hasPixels = false;
        for (int at = HeaderLength; TryRead(file, at, out var type, out var data, out bool isWhole); at += FrameLength + data.Length)
        {
            bool pixels = type.SequenceEqual("IDAT"u8);
            if (!isWhole) return pixels || !hasPixels;
            hasPixels |= pixels;
        }

        return !hasPixels;
    }

    /// <summary>How the picture is to be turned, 1 to 8, where the file is a PNG that says it; else null.</summary>
    public static int? Orientation(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature)) return null;
        for (int at = HeaderLength; TryRead(file, at, out var type, out var data, out bool isWhole) && isWhole; at += FrameLength + data.Length)
        {
            if (type.SequenceEqual("eXIf"u8)) return ExifOrientation.Read(data);
        }

        return null;
    }

    private static bool TryRead(ReadOnlySpan<byte> file, int at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data, out bool isWhole)
    {
        type = data = default;
        isWhole = false;
        if (file.Length - at < 8) return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
        type = file.Slice(at + 4, 4);
        isWhole = length <= file.Length - at - FrameLength;
        if (isWhole) data = file.Slice(at + 8, (int)length);
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) * 0xEDB88320);
        }

        return ~sum;
    }
}

using System.Buffers.Binary;

namespace Iba.Torch;

/// <summary>What the markers of a JPEG file say that Skia does not tell. Of other files they say nothing.</summary>
internal static class JpegMarkers
{
    private const byte Marker = 0xFF;
    private const byte StartOfImage = 0xD8;
    private const byte EndOfImage = 0xD9;

    /// <summary>Whether the file is a JPEG without the marker of its end.</summary>
    /// <remarks>A picture of which a few bytes are missing may be decoded to the last row; what these bytes held is made up then.</remarks>
    public static bool AreCutShort(ReadOnlySpan<byte> file)
    {
        if (file is not [Marker, StartOfImage, ..]) return false;
        for (int at = 2; ;)
        {
            // Between segments lie the coded pixels, in which 0 or a restart (D0 to D7) follows a byte of FF that is no marker.
            int next = file[at..].IndexOf(Marker);
            if (next < 0 || (at += next + 1) >= file.Length) return true;
            switch (file[at])
            {
                case EndOfImage:
                    return false;
                case Marker:
                    break;
                case <= 1 or (>= 0xD0 and <= StartOfImage):
                    at++;
                    break;
                default:
                    if (file.Length - at < 3) return true;
                    at += 1 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 1)..]);
                    if (at > file.Length) return true;
                    break;
            }
        }
    }
}

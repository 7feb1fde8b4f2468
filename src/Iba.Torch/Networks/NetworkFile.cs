using System.Text;

namespace Iba.Torch;

/// <summary>What the saved forms of networks have in common.</summary>
/// <remarks>
/// string: a signature
/// int32: version
/// the content
/// </remarks>
internal static class NetworkFile
{
    /// <param name="stream">Where to write; left open.</param>
    /// <param name="signature">The first bytes of the format.</param>
    /// <param name="version">The version of the content.</param>
    /// <param name="content">Writes the rest.</param>
    public static void Write(Stream stream, string signature, int version, Action<BinaryWriter> content)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(signature);
        writer.Write(version);
        content(writer);
    }

    /// <param name="stream">Where to read; left open.</param>
    /// <param name="signature">The first bytes of the format.</param>
    /// <param name="newest">The newest version that can be read.</param>
    /// <param name="what">What is read, for messages, for example "module network".</param>
    /// <param name="content">Reads the rest.</param>
    /// <exception cref="InvalidDataException">The stream holds something else, or a part of it.</exception>
    public static T Read<T>(Stream stream, string signature, int newest, string what, Func<BinaryReader, T> content)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadString() != signature) throw new InvalidDataException($"This is no saved {what}.");
            int version = reader.ReadInt32();
            if (version < 1 || version > newest)
            {
                throw new InvalidDataException($"The {what} was saved in format {version}; this version of Iba.Torch reads up to {newest}: update it.");
            }

            return content(reader);
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"The saved {what} is cut off or damaged.", exception);
        }
    }

    public static void Write(BinaryWriter writer, OutputKind output) => writer.Write((int)output);

    /// <exception cref="InvalidDataException">The number stands for no output kind.</exception>
    public static OutputKind ReadOutput(BinaryReader reader)
        => (OutputKind)reader.ReadInt32() is var output && Enum.IsDefined(output) ? output : throw new InvalidDataException("The saved output kind is damaged.");
}

using System.Buffers.Binary;
using System.Text;

namespace Iba.Torch;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library needs of other libraries (section <c>.gnu.version_r</c>).
/// <c>build/MendTorchSharp.cs</c> does the same when a project is built.
/// </summary>
internal static class ElfVersionNeed
{
    private const uint SectionType = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakFlag = 2;           // VER_FLG_WEAK

    /// <summary>
    /// Marks the need of one symbol version as weak: the loader then accepts libraries that lack this version. Nothing else changes.
    /// </summary>
    /// <param name="elf">The whole file.</param>
    /// <param name="version">The version's name, for example <c>GLIBCXX_3.4.32</c>.</param>
    /// <returns>Whether the file needs that version (weakly, now).</returns>
    /// <exception cref="InvalidDataException">The bytes are no such ELF file, or are cut off.</exception>
    public static bool MakeWeak(Span<byte> elf, string version)
    {
        try
        {
            int flags = FlagsOffset(elf, version);
            if (flags < 0) return false;
            int old = BinaryPrimitives.ReadUInt16LittleEndian(elf[flags..]);
            BinaryPrimitives.WriteUInt16LittleEndian(elf[flags..], (ushort)(old | WeakFlag));
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("The library's version needs point outside the file: it is cut off or damaged.");
        }
    }

    /// <summary>Where the flags of the entry for <paramref name="version"/> lie, or -1.</summary>
    private static int FlagsOffset(ReadOnlySpan<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf.StartsWith("\u007fELF\u0002\u0001"u8)) throw new InvalidDataException("This is no 64-bit little-endian ELF file.");
        int sections = checked((int)BinaryPrimitives.ReadInt64LittleEndian(elf[0x28..]));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]), count = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        for (int i = 0; i < count; i++)
        {
            var section = elf.Slice(sections + (i * size), size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionType) continue;
            int names = OffsetOf(elf.Slice(sections + (Int32(section, 40) * size), size));
            return FlagsOffset(elf, OffsetOf(section), names, Encoding.ASCII.GetBytes(version + "\0"));
        }

        return -1;
    }

    /// <summary>Walks the list of needed libraries, each with its list of needed versions.</summary>
    private static int FlagsOffset(ReadOnlySpan<byte> elf, int library, int names, ReadOnlySpan<byte> version)
    {
        while (true)
        {
            int entry = library + Int32(elf, library + 8);
            for (int left = BinaryPrimitives.ReadUInt16LittleEndian(elf[(library + 2)..]); left > 0; left--)
            {
                if (elf[(names + Int32(elf, entry + 8))..].StartsWith(version)) return entry + 4;
                entry += Int32(elf, entry + 12);
            }

            int next = Int32(elf, library + 12);
            if (next <= 0) return -1;
            library += next;
        }
    }

    private static int OffsetOf(ReadOnlySpan<byte> section) => checked((int)BinaryPrimitives.ReadInt64LittleEndian(section[24..]));

    private static int Int32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);
}

namespace Iba.Reports;

/// <summary>One line of a hexadecimal listing. It starts at a multiple of its width; bytes that are not known are left out.</summary>
internal sealed class ByteLine
{
    private readonly ByteBits?[] _bytes;

    private ByteLine(long offset, int width)
    {
        Offset = offset;
        _bytes = new ByteBits?[width];
    }

    /// <summary>The offset of its first place.</summary>
    public long Offset { get; }

    /// <summary>The offset of its first known byte.</summary>
    public long First { get; private set; } = -1;

    /// <summary>The offset of its last known byte.</summary>
    public long Last { get; private set; }

    /// <summary>The bits of all its bytes.</summary>
    public double Bits { get; private set; }

    /// <summary>The byte at a place, or null.</summary>
    public ByteBits? this[int place] => _bytes[place];

    /// <summary>The lines that hold the given bytes.</summary>
    public static IReadOnlyList<ByteLine> Split(IEnumerable<ByteBits> bytes, int width)
    {
        var lines = new List<ByteLine>();
        foreach (var value in bytes)
        {
            long offset = value.Offset / width * width;
            if (lines.Count == 0 || lines[^1].Offset != offset) lines.Add(new ByteLine(offset, width));
            lines[^1].Add(value);
        }

        return lines;
    }

    /// <summary>How a byte looks in the text column: printable ASCII, arrows and signs for white space, else a dot.</summary>
    public static char Character(byte value) => value switch
    {
        (byte)'\n' => '↵',
        (byte)'\t' => '→',
        >= 32 and < 127 => (char)value,
        _ => '·',
    };

    private void Add(ByteBits value)
    {
        _bytes[value.Offset - Offset] = value;
        if (First < 0) First = value.Offset;
        Last = value.Offset;
        Bits += value.Bits;
    }
}

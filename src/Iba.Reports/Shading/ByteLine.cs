namespace Iba.Reports;

/// <summary>One line of a hexadecimal listing. It starts at a multiple of its width; places of bytes that are not known stay empty.</summary>
internal sealed class ByteLine
{
    /// <summary>The number of places.</summary>
    public const int Width = 16;

    private readonly ByteBits?[] _bytes = new ByteBits?[Width];

    private ByteLine(long offset) => Offset = offset;

    /// <summary>The offset of its first place.</summary>
    public long Offset { get; }

    /// <summary>The offset of its first known byte.</summary>
    public long First { get; private set; } = -1;

    /// <summary>The offset of its last known byte.</summary>
    public long Last { get; private set; }

    /// <summary>The bits of all its bytes.</summary>
    public double Bits { get; private set; }

    /// <summary>The byte at a place; null: it is not known.</summary>
    public ByteBits? this[int place] => _bytes[place];

    /// <summary>The lines that hold the given bytes, which ascend.</summary>
    public static IReadOnlyList<ByteLine> Split(IEnumerable<ByteBits> bytes)
    {
        var lines = new List<ByteLine>();
        foreach (var value in bytes)
        {
            long offset = value.Offset / Width * Width;
            if (lines.Count == 0 || lines[^1].Offset != offset) lines.Add(new ByteLine(offset));
            lines[^1].Add(value);
        }

        return lines;
    }

    /// <summary>The shade of a place: 0 where the byte is not known.</summary>
    public int Level(int place, BitsScale scale) => _bytes[place] is { } value ? scale.Level(value.Bits) : 0;

    /// <summary>A place in the column of numbers: two digits, or as many blanks.</summary>
    public string Hexadecimal(int place) => _bytes[place] is { } value ? $"{value.Value:x2}" : "  ";

    /// <summary>A place in the text column: printable ASCII, arrows for line ends and tabs, else a dot; a blank where the byte is not known.</summary>
    public string Character(int place) => _bytes[place]?.Value switch
    {
        null => " ",
        (byte)'\n' => "↵",
        (byte)'\t' => "→",
        >= 32 and < 127 and byte value => ((char)value).ToString(),
        _ => "·",
    };

    private void Add(ByteBits value)
    {
        _bytes[value.Offset - Offset] = value;
        if (First < 0) First = value.Offset;
        Last = value.Offset;
        Bits += value.Bits;
    }
}

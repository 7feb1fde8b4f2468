namespace Iba.MLNet;

/// <summary>Reads settings out of a model file, and trusts nothing.</summary>
/// <param name="reader">Where to read.</param>
/// <param name="readTableString">Reads a string that is kept in ML.NET's table beside the stream; null: strings lie in place.</param>
internal sealed class SettingsReader(BinaryReader reader, Func<string?>? readTableString = null)
{
    private const int MaximumRank = 16;
    private const int MaximumCount = 1 << 24;
    private const int PieceLength = 1 << 20;

    /// <summary>The numbers.</summary>
    public BinaryReader Numbers => reader;

    /// <summary>
    /// Whether an input's dimension of channels is there; the first version kept only whether it is the last one. Default: true.
    /// </summary>
    public bool HasChannelDimension { get; init; } = true;

    /// <summary>Whether it is there with what rows are padded. Default: true.</summary>
    public bool HasPadding { get; init; } = true;

    /// <exception cref="InvalidDataException">The condition does not hold.</exception>
    public static void Check(bool holds)
    {
        if (!holds) throw new InvalidDataException("its settings contradict each other, or lie outside of what they may be");
    }

    public string? ReadString() => readTableString != null ? readTableString() : reader.ReadBoolean() ? reader.ReadString() : null;

    public string ReadNonEmptyString()
    {
        string? text = ReadString();
        Check(!string.IsNullOrEmpty(text));
        return text!;
    }

    /// <summary>Reads a number of things that follow, each of at least a byte.</summary>
    public int ReadCount(int most = MaximumCount)
    {
        int count = reader.ReadInt32();
        Check(count >= 0 && count <= most);
        return count;
    }

    /// <summary>Reads a block of bytes after its length; memory grows with what is there, not with what the length promises.</summary>
    public byte[] ReadBytes(int most)
    {
        int left = ReadCount(most);
        using var bytes = new MemoryStream();
        while (left > 0)
        {
            byte[] piece = reader.ReadBytes(Math.Min(left, PieceLength));
            if (piece.Length == 0) throw new EndOfStreamException();
            bytes.Write(piece);
            left -= piece.Length;
        }

        return bytes.ToArray();
    }

    public T ReadEnum<T>()
        where T : struct, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), reader.ReadInt32());
        Check(Enum.IsDefined(value));
        return value;
    }

    /// <summary>Reads dimensions, each positive or -1.</summary>
    public long[] ReadShape()
    {
        long[] shape = new long[ReadCount(MaximumRank)];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = reader.ReadInt64();
            Check(shape[i] is -1 or (> 0 and <= int.MaxValue));
        }

        return shape;
    }
}

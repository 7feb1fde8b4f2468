namespace Iba.Onnx;

/// <summary>
/// Reads the wire format of protobuf messages piece by piece: memory grows with what is there and is copied on, not with what lengths promise.
/// </summary>
/// <param name="source">The file; buffered, since it is read byte by byte.</param>
/// <param name="limits">The limits; what is copied counts.</param>
internal sealed class WireReader(Stream source, FileLimits limits)
{
    private readonly byte[] _chunk = new byte[1 << 16];
    private readonly byte[] _first = new byte[ForeignFile.Length];
    private int _firstCount;
    private long _copied;

    /// <summary>How many bytes are left, where the stream tells; else no bound.</summary>
    public long Left => source.CanSeek ? Math.Max(0, source.Length - source.Position) : long.MaxValue;

    /// <summary>The file's first bytes, whether they were read already or not.</summary>
    public ReadOnlySpan<byte> FirstBytes()
    {
        _firstCount += source.ReadAtLeast(_first.AsSpan(_firstCount), _first.Length - _firstCount, throwOnEndOfStream: false);
        return _first.AsSpan(0, _firstCount);
    }

    /// <summary>Reads a number out of a message.</summary>
    /// <param name="length">What is left of the message, in bytes; afterwards, too.</param>
    public ulong ReadVarint(ref long length) => TryReadVarint(out ulong value, ref length) ? value : throw Truncated();

    /// <summary>Reads a number as <see cref="ReadVarint"/> does; false where message or file are at their end.</summary>
    public bool TryReadVarint(out ulong value, ref long length)
    {
        value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            int next = length-- > 0 ? source.ReadByte() : -1;
            if (next < 0) return shift == 0 ? false : throw Truncated();
            Note([(byte)next]);
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return true;
        }

        throw Damaged("it has a number of more than 64 bits");
    }

    /// <summary>Copies bytes of a message, or skips them.</summary>
    /// <param name="count">How many.</param>
    /// <param name="length">What is left of the message, in bytes; afterwards, too.</param>
    /// <param name="target">Where they go; null: they are skipped.</param>
    public void Move(long count, ref long length, MemoryStream? target)
    {
        if (count > length) throw Truncated();
        length -= count;
        while (count > 0)
        {
            int read = source.Read(_chunk, 0, (int)Math.Min(count, _chunk.Length));
            if (read == 0) throw Truncated();
            Note(_chunk.AsSpan(0, read));
            if (target != null) Write(target, _chunk.AsSpan(0, read));
            count -= read;
        }
    }

    /// <summary>Writes a number of a message that is copied.</summary>
    public void WriteVarint(MemoryStream target, ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int count = 0;
        for (; value >= 0x80; value >>= 7) bytes[count++] = (byte)(value | 0x80);
        bytes[count++] = (byte)value;
        Write(target, bytes[..count]);
    }

    /// <summary>The error of a file that ends inside a message.</summary>
    public static OnnxFormatException Truncated() => Damaged("it ends too early");

    /// <summary>The error of a file that no program would write.</summary>
    public static OnnxFormatException Damaged(string how) => new($"The file is no ONNX file, or it is damaged: {how}.");

    private void Write(MemoryStream target, ReadOnlySpan<byte> bytes)
    {
        _copied += bytes.Length;
        if (_copied > limits.MaximumGraphBytes)
        {
            throw FileLimits.Exceeded($"{limits.MaximumGraphBytes} bytes beside its large weights", nameof(limits.MaximumGraphBytes));
        }

        target.Write(bytes);
    }

    private void Note(ReadOnlySpan<byte> read)
    {
        int count = Math.Min(read.Length, _first.Length - _firstCount);
        if (count == 0) return;
        read[..count].CopyTo(_first.AsSpan(_firstCount));
        _firstCount += count;
    }
}

using System.Buffers;
using Iba.Reports;
using Microsoft.ML.Data;

namespace ExplainBytes;

/// <summary>A file as the type detector reads it: 1024 bytes from its start and 1024 from its end, white space around it left out.</summary>
internal sealed class FileRow
{
    private const int Half = 1024, Block = 4096, Padding = 256;

    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\n\r\v\f"u8);

    private readonly long[] _offsets = new long[2 * Half];

    public string Path { get; set; } = "";

    [VectorType(2 * Half)]
    public int[] Bytes { get; set; } = new int[2 * Half];

    /// <summary>Reads a file's two ends.</summary>
    public static FileRow Read(string path)
    {
        using var file = File.OpenRead(path);
        byte[] first = new byte[Math.Min(Block, file.Length)], last = new byte[first.Length];
        file.ReadExactly(first);
        file.Position = file.Length - last.Length;
        file.ReadExactly(last);

        var row = new FileRow { Path = path };
        Array.Fill(row.Bytes, Padding);
        Array.Fill(row._offsets, -1);
        int start = first.AsSpan().IndexOfAnyExcept(WhiteSpace), end = last.AsSpan().LastIndexOfAnyExcept(WhiteSpace) + 1;
        for (int i = 0; start >= 0 && i < Math.Min(Half, first.Length - start); i++) row.Set(i, start + i, first[start + i]);
        for (int i = 0; i < Math.Min(Half, end); i++) row.Set((2 * Half) - 1 - i, file.Length - last.Length + end - 1 - i, last[end - 1 - i]);
        return row;
    }

    /// <summary>The file's bytes with their bits; the two ends of a short file overlap and are added. Padding is left out.</summary>
    public IReadOnlyList<ByteBits> Join(float[] bits)
        => Enumerable.Range(0, bits.Length)
            .Where(i => _offsets[i] >= 0)
            .GroupBy(i => _offsets[i])
            .OrderBy(places => places.Key)
            .Select(places => new ByteBits(places.Key, (byte)Bytes[places.First()], places.Sum(i => bits[i])))
            .ToArray();

    private void Set(int place, long offset, byte value) => (Bytes[place], _offsets[place]) = (value, offset);
}

/// <summary>A row that comes out of the pipeline.</summary>
internal sealed class Explained
{
    public string Path { get; set; } = "";

    /// <summary>Bits per byte.</summary>
    public float[] Bits { get; set; } = [];

    /// <summary>The predicted type.</summary>
    public int Type { get; set; }

    /// <summary>The probability of each type.</summary>
    public float[] Scores { get; set; } = [];
}

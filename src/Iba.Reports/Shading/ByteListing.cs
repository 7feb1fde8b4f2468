namespace Iba.Reports;

/// <summary>Bytes as the lines of a hexadecimal listing, with their scale.</summary>
internal sealed class ByteListing
{
    private readonly IReadOnlyList<ByteBits> _bytes;

    /// <summary>Lists bytes.</summary>
    /// <param name="bytes">The bytes in ascending order of offset.</param>
    /// <exception cref="ArgumentException">An offset is negative, or not above the one before it.</exception>
    public ByteListing(IReadOnlyList<ByteBits> bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        for (int i = 0; i < bytes.Count; i++)
        {
            long least = i == 0 ? 0 : bytes[i - 1].Offset + 1;
            if (bytes[i].Offset < least)
            {
                throw new ArgumentException(
                    $"Byte {i} has the offset {bytes[i].Offset}, but {least} is the least it can have: pass each byte once, in the order of the file.",
                    nameof(bytes));
            }
        }

        _bytes = bytes;
        Scale = new BitsScale(bytes.Select(value => value.Bits).DefaultIfEmpty().Max(), BitsScale.ForBytes);
    }

    /// <summary>The scale of its bytes.</summary>
    public BitsScale Scale { get; }

    /// <summary>The lines with most bits in the order of the file, each with the number of bytes left out before it.</summary>
    /// <param name="maximum">How many lines at most.</param>
    public IEnumerable<(long Skipped, ByteLine Line)> Lines(int maximum = int.MaxValue)
    {
        long next = _bytes.Count > 0 ? _bytes[0].Offset : 0;
        foreach (var line in ByteLine.Split(_bytes).OrderByDescending(line => line.Bits).Take(maximum).OrderBy(line => line.Offset))
        {
            yield return (line.First - next, line);
            next = line.Last + 1;
        }
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Iba.Torch;

/// <summary>Writes maps for other programs: <c>.npy</c>, which NumPy's <c>load</c> reads, and CSV, which spreadsheets read.</summary>
public static class MapFile
{
    private const int Alignment = 64;

    /// <summary>Writes a map as NumPy's format, version 1.0: float32, little endian, row by row; every bit of it.</summary>
    /// <param name="path">The file, which is replaced.</param>
    /// <param name="map">The values, row by row; NaN stays NaN.</param>
    /// <param name="shape">The map's shape, <c>[H, W]</c>, <c>[L]</c> or <c>[D, H, W]</c>. Empty: one line of values.</param>
    /// <exception cref="ArgumentException">The shape has another number of values.</exception>
    public static void SaveNpy(string path, ReadOnlySpan<float> map, params ReadOnlySpan<long> shape)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        File.WriteAllBytes(path, ToNpy(map, shape));
    }

    /// <summary>The bytes of <see cref="SaveNpy"/>.</summary>
    /// <inheritdoc cref="SaveNpy"/>
    public static byte[] ToNpy(ReadOnlySpan<float> map, params ReadOnlySpan<long> shape)
    {
        long[] size = Checked(map, shape);
        string tuple = size.Length == 1 ? $"({size[0]},)" : $"({string.Join(", ", size)})";
        // Magic, version and the header's length take 10 bytes; the values begin at a multiple of 64, behind the header's line feed.
        string text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple}, }}";
        int header = ((10 + text.Length + 1 + Alignment - 1) / Alignment * Alignment) - 10;
        byte[] bytes = new byte[10 + header + (map.Length * sizeof(float))];
        bytes[0] = 0x93;
        "NUMPY"u8.CopyTo(bytes.AsSpan(1));
        (bytes[6], bytes[7]) = (1, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)header);
        Encoding.ASCII.GetBytes(text.PadRight(header - 1) + "\n", bytes.AsSpan(10));
        for (int i = 0; i < map.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(10 + header + (i * sizeof(float))), map[i]);
        return bytes;
    }

    /// <summary>Writes a map as lines of values with commas, a line for each row; a point in numbers, whatever the culture; NaN is an empty field.</summary>
    /// <param name="path">The file, which is replaced.</param>
    /// <param name="map">The values, row by row.</param>
    /// <param name="shape">The map's shape, <c>[H, W]</c> or <c>[L]</c>. Empty: one line of values.</param>
    /// <exception cref="ArgumentException">The shape has another number of values, or more than two dimensions.</exception>
    public static void SaveCsv(string path, ReadOnlySpan<float> map, params ReadOnlySpan<long> shape)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        File.WriteAllText(path, ToCsv(map, shape));
    }

    /// <summary>The text of <see cref="SaveCsv"/>, with line feeds.</summary>
    /// <inheritdoc cref="SaveCsv"/>
    public static string ToCsv(ReadOnlySpan<float> map, params ReadOnlySpan<long> shape)
    {
        long[] size = Checked(map, shape);
        if (size.Length > 2) throw new ArgumentException($"A map {Shapes.Format(size)} has {size.Length} dimensions; a table has 1 or 2: write it with {nameof(SaveNpy)}.", nameof(shape));
        int width = (int)size[^1];
        var text = new StringBuilder();
        for (int i = 0; i < map.Length; i++)
        {
            // The shortest digits that give the same float back.
            if (!float.IsNaN(map[i])) text.Append(map[i].ToString("R", CultureInfo.InvariantCulture));
            text.Append((i + 1) % width == 0 ? '\n' : ',');
        }

        return text.ToString();
    }

    private static long[] Checked(ReadOnlySpan<float> map, ReadOnlySpan<long> shape)
    {
        long[] size = shape.IsEmpty ? [map.Length] : shape.ToArray();
        if (Array.TrueForAll(size, length => length >= 0) && size.Aggregate(1L, (product, length) => product * length) == map.Length) return size;
        throw new ArgumentException($"A map of {map.Length} values cannot have the shape {Shapes.Format(size)}.", nameof(shape));
    }
}

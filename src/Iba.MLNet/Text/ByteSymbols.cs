namespace Iba.MLNet;

/// <summary>The characters that byte-pair vocabularies write bytes with: printable ones stand for themselves, the others are moved behind 255.</summary>
internal static class ByteSymbols
{
    /// <summary>One for each byte, by its value.</summary>
    public static IReadOnlyList<char> All { get; } = Make();

    private static char[] Make()
    {
        char next = (char)256;
        return [.. Enumerable.Range(0, 256).Select(value => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : next++)];
    }
}

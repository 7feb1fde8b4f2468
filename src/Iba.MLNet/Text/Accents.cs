using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Iba.MLNet;

/// <summary>
/// Takes accents off characters: canonical decomposition without non-spacing marks. A table of our own, because
/// <see cref="string.Normalize(NormalizationForm)"/> changes nothing where the application runs in invariant globalization mode
/// (usual in containers), and token ids must not depend on that.
/// </summary>
internal static class Accents
{
    private const int HangulFirst = 0xAC00, HangulLast = 0xD7A3, LeadFirst = 0x1100, VowelFirst = 0x1161, TrailFirst = 0x11A7;
    private const int Vowels = 21, Trails = 28;

    private static readonly FrozenDictionary<int, Rune[]> Table = Read();

    /// <summary>Appends what is left of a character: nothing for a non-spacing mark, often one character, sometimes several.</summary>
    public static void Strip(Rune character, List<Rune> into)
    {
        int value = character.Value;
        if (value is >= HangulFirst and <= HangulLast)
        {
            int syllable = value - HangulFirst;
            into.Add(new Rune(LeadFirst + (syllable / (Vowels * Trails))));
            into.Add(new Rune(VowelFirst + (syllable / Trails % Vowels)));
            if (syllable % Trails > 0) into.Add(new Rune(TrailFirst + (syllable % Trails)));
        }
        else if (Table.TryGetValue(value, out var rest))
        {
            into.AddRange(rest);
        }
        else if (Rune.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark)
        {
            into.Add(character);
        }
    }

    private static FrozenDictionary<int, Rune[]> Read()
    {
        using var stream = typeof(Accents).Assembly.GetManifestResourceStream("Iba.MLNet.accents.txt")!;
        using var reader = new StreamReader(stream);
        var table = new Dictionary<int, Rune[]>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            string[] fields = line.Split(';');
            string[] rest = fields[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            table.Add(Hexadecimal(fields[0]), rest.Select(code => new Rune(Hexadecimal(code))).ToArray());
        }

        return table.ToFrozenDictionary();

        static int Hexadecimal(string code) => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}

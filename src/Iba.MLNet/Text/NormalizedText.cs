namespace Iba.MLNet;

/// <summary>
/// Where the characters of a text that SentencePiece normalised stand in the original. It writes spaces as U+2581, puts one before the text, may
/// join several, and may write characters in another way (compatibility forms, case).
/// </summary>
internal sealed class NormalizedText
{
    private const char Space = '\u2581';

    private readonly (int Start, int End)[] _places;

    public NormalizedText(ReadOnlySpan<char> original, ReadOnlySpan<char> normalized)
    {
        _places = new (int, int)[normalized.Length];
        int at = 0;
        for (int i = 0; i < normalized.Length; i++)
        {
            if (at < original.Length && IsSame(original[at], normalized[i]))
            {
                _places[i] = (at, ++at);
            }
            else if (IsSpace(normalized[i]))
            {
                _places[i] = (at, at); // White space is no part of a token's place.
                bool joined = i + 1 == normalized.Length || !IsSpace(normalized[i + 1]);
                while (at < original.Length && char.IsWhiteSpace(original[at]))
                {
                    at++;
                    if (!joined) break;
                }
            }
            else
            {
                // Written in another way: what is left of the word is the place of what is left of it.
                while (at < original.Length && char.IsWhiteSpace(original[at])) at++;
                int start = at;
                while (at < original.Length && !char.IsWhiteSpace(original[at])) at++;
                for (; i < normalized.Length && !IsSpace(normalized[i]); i++) _places[i] = (start, at);
                i--;
            }
        }
    }

    /// <summary>A token at its place in the original; 0 characters of it for white space alone.</summary>
    public TextToken Place(int id, Range range)
    {
        int from = range.Start.Value, to = range.End.Value;
        while (from < to - 1 && _places[from].End == _places[from].Start) from++;
        while (to - 1 > from && _places[to - 1].End == _places[to - 1].Start) to--;
        if (from >= to) return new(id, from < _places.Length ? _places[from].Start : 0, 0);
        var (start, end) = (_places[from].Start, _places[to - 1].End);
        return new(id, start, Math.Max(0, end - start));
    }

    private static bool IsSpace(char character) => character is Space or ' ';

    private static bool IsSame(char original, char normalized)
        => original == normalized ? !char.IsWhiteSpace(original) : char.ToLowerInvariant(original) == normalized;
}

namespace Iba.MLNet;

/// <summary>The tokens around each text, by their ids; null: none.</summary>
/// <param name="Begin">The one before it.</param>
/// <param name="End">The one behind it.</param>
/// <param name="Padding">The one that shorter rows are padded with.</param>
internal readonly record struct SpecialTokens(int? Begin, int? End, int? Padding)
{
    /// <summary>Finds tokens by the names that a user gave.</summary>
    /// <param name="names">The names: null for the usual one, where there is one; empty for none.</param>
    /// <param name="usual">The usual names, null where there is none.</param>
    /// <param name="find">The id of a token; null: the vocabulary has no such token.</param>
    /// <exception cref="FormatException">The vocabulary lacks a token that was named.</exception>
    public static SpecialTokens Find(SpecialTokenNames names, SpecialTokenNames usual, Func<string, int?> find)
    {
        return new(Id(names.Begin, usual.Begin), Id(names.End, usual.End), Id(names.Padding, usual.Padding));

        int? Id(string? name, string? other) => name switch
        {
            null => other == null ? null : find(other),
            "" => null,
            _ => find(name) ?? throw new FormatException($"The vocabulary has no token '{name}': give one that it has, or \"\" for none."),
        };
    }

    /// <summary>Puts the special tokens around a text's own, of which as many are kept as <paramref name="maximum"/> leaves.</summary>
    public (IReadOnlyList<TextToken> Pieces, bool Cut) Surround(IReadOnlyCollection<TextToken> tokens, int textLength, int maximum)
    {
        int room = maximum - (Begin == null ? 0 : 1) - (End == null ? 0 : 1);
        var pieces = new List<TextToken>(Math.Min(tokens.Count, room) + 2);
        if (Begin is { } begin) pieces.Add(new(begin, 0, 0));
        pieces.AddRange(tokens.Take(room));
        if (End is { } end) pieces.Add(new(end, textLength, 0));
        return (pieces, tokens.Count > room);
    }
}

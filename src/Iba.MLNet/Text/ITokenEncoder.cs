namespace Iba.MLNet;

/// <summary>Turns texts into the tokens of a vocabulary. Safe for use from several threads.</summary>
internal interface ITokenEncoder
{
    /// <summary>The id that shorter rows are padded with; null: the vocabulary has none.</summary>
    long? PaddingId { get; }

    /// <summary>The most tokens of a text, special ones included.</summary>
    int MaximumTokens { get; }

    /// <summary>The tokens of a text in its order, with the special ones around them.</summary>
    /// <param name="text">The text, which may be empty.</param>
    /// <returns>The tokens, and whether the text had more than the maximum, so that its end was cut off.</returns>
    (IReadOnlyList<TextToken> Pieces, bool Cut) Encode(ReadOnlyMemory<char> text);
}

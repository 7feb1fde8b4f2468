using Microsoft.ML.Tokenizers;

namespace Iba.MLNet;

/// <summary>Text to byte pairs as GPT-2 and RoBERTa do it (Sennrich et al. 2016, on bytes): every text can be spelled, whatever its characters.</summary>
internal sealed class BytePairEncoder : ITokenEncoder
{
    private const string Unknown = "<unk>";
    private static readonly SpecialTokenNames Usual = new("<s>", "</s>", "<pad>");

    private readonly BpeTokenizer _tokenizer;
    private readonly Dictionary<int, int>? _ids;
    private readonly int _unknown;
    private readonly SpecialTokens _special;

    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="names">The tokens around each text.</param>
    /// <param name="maximumTokens">The most tokens of a row, those around it included.</param>
    /// <exception cref="FormatException">The files are no such vocabulary, or have no such tokens.</exception>
    public BytePairEncoder(BytePairVocabulary vocabulary, SpecialTokenNames names, int maximumTokens)
    {
        var tokens = vocabulary.ReadTokens();
        var dictionary = vocabulary.ReadDictionary();
        string? unknown = tokens.ContainsKey(Unknown) ? Unknown : null;
        _tokenizer = BytePairVocabulary.MakeTokenizer(tokens, vocabulary.ReadMerges(), unknown);
        _ids = dictionary?.Ids;
        _unknown = dictionary?.Special[Unknown] ?? -1;
        _special = SpecialTokens.Find(names, Usual, token => dictionary is { } known && known.Special.TryGetValue(token, out int id) ? id
            : tokens.TryGetValue(token, out int other) ? Convert(other) : null);
        MaximumTokens = maximumTokens;
        // Without a symbol for each byte, and without one for what has none, characters would vanish.
        string missing = string.Concat(ByteSymbols.All.Where(symbol => !tokens.ContainsKey($"{symbol}")));
        if (missing.Length > 0 && unknown == null)
            throw new FormatException($"The vocabulary has no token '{Unknown}', and none for {missing.Length} of the 256 bytes: it is no byte-pair vocabulary as GPT-2 and RoBERTa have it.");
    }

    public long? PaddingId => _special.Padding;

    public int MaximumTokens { get; }

    public (IReadOnlyList<TextToken> Pieces, bool Cut) Encode(ReadOnlyMemory<char> text)
    {
        var tokens = _tokenizer.EncodeToTokens(text.Span, out _);
        return _special.Surround([.. tokens.Select(token => TokenPlace.Of(text.Span, Convert(token.Id), token.Offset))], text.Length, MaximumTokens);
    }

    private int Convert(int id) => _ids == null ? id : _ids.GetValueOrDefault(id, _unknown);
}

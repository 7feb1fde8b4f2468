using Microsoft.ML.Tokenizers;

namespace Iba.MLNet;

/// <summary>Text to sentence pieces (Kudo and Richardson 2018), of BPE or Unigram models.</summary>
internal sealed class SentencePieceEncoder : ITokenEncoder
{
    private const string Unspellable = "\U000F0000"; // Of a private plane: no vocabulary has it.

    // What fairseq puts before the pieces.
    private static readonly Dictionary<string, int> Fairseq = new() { ["<s>"] = 0, ["<pad>"] = 1, ["</s>"] = 2, ["<unk>"] = 3 };

    private readonly SentencePieceTokenizer _tokenizer;
    private readonly bool _fairseqIds;
    private readonly SpecialTokens _special;

    /// <param name="model">The model's file.</param>
    /// <param name="names">The tokens around each text.</param>
    /// <param name="fairseqIds">Whether ids are those that fairseq gives the pieces.</param>
    /// <param name="maximumTokens">The most tokens of a row, those around it included.</param>
    /// <exception cref="FormatException">The file is no such model, or has no such tokens.</exception>
    public SentencePieceEncoder(byte[] model, SpecialTokenNames names, bool fairseqIds, int maximumTokens)
    {
        _tokenizer = Open(model);
        _fairseqIds = fairseqIds;
        MaximumTokens = maximumTokens;
        var usual = fairseqIds
            ? new SpecialTokenNames("<s>", "</s>", "<pad>")
            : new SpecialTokenNames(_tokenizer.BeginningOfSentenceToken, _tokenizer.EndOfSentenceToken, _tokenizer.Vocabulary.ContainsKey("[PAD]") ? "[PAD]" : "<pad>");
        _special = SpecialTokens.Find(names, usual, token => fairseqIds && Fairseq.TryGetValue(token, out int special) ? special
            : _tokenizer.Vocabulary.TryGetValue(token, out int id) ? Convert(id) : null);
    }

    public long? PaddingId => _special.Padding;

    public int MaximumTokens { get; }

    public (IReadOnlyList<TextToken> Pieces, bool Cut) Encode(ReadOnlyMemory<char> text)
    {
        var tokens = _tokenizer.EncodeToTokens(text.Span, out string? normalized, addBeginningOfSentence: false, addEndOfSentence: false);
        var places = new NormalizedText(text.Span, normalized ?? text.Span);
        var pieces = new List<TextToken>(tokens.Count);
        foreach (var token in tokens)
        {
            // Of a character that is spelled by bytes, the first byte alone has an offset.
            bool follows = token.Offset.Start.Equals(token.Offset.End) && pieces.Count > 0;
            pieces.Add(follows ? pieces[^1] with { Id = Convert(token.Id) } : places.Place(Convert(token.Id), token.Offset));
        }

        return _special.Surround(pieces, text.Length, MaximumTokens);
    }

    private int Convert(int id) => !_fairseqIds ? id : id == _tokenizer.UnknownId ? Fairseq["<unk>"] : id + 1;

    private static SentencePieceTokenizer Open(byte[] model)
    {
        SentencePieceTokenizer tokenizer;
        try
        {
            using var stream = new MemoryStream(model);
            tokenizer = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Google.Protobuf, and what is made of what it read, throw many types.
            throw new FormatException($"The file is no SentencePiece model of type BPE or Unigram (tokenizer.model, spiece.model): {failure.Message}", failure);
        }

        try
        {
            tokenizer.EncodeToTokens(Unspellable, out _);
        }
        catch (IndexOutOfRangeException failure)
        {
            throw new FormatException(
                "The model spells unknown characters by their bytes and is of type Unigram, which Microsoft.ML.Tokenizers fails at. Train it without byte_fallback, or as BPE.", failure);
        }

        return tokenizer;
    }
}

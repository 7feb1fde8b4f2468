using Microsoft.ML.Tokenizers;

namespace Iba.MLNet;

/// <summary>Text to word pieces as BERT does it: basic tokenizer, then greedy longest match against a vocabulary.</summary>
internal sealed class WordPieceEncoder : ITokenEncoder
{
    private const string Classification = "[CLS]", Separator = "[SEP]", Unknown = "[UNK]", Padding = "[PAD]";

    private readonly WordPieceTokenizer _pieces;
    private readonly bool _uncased;
    private readonly int _classification, _separator;

    /// <param name="vocabulary">A vocabulary file: UTF-8, one token a line, the line's number is the id.</param>
    /// <param name="uncased">Whether to lower text and take accents off.</param>
    /// <param name="maximumTokens">The most tokens of a row, the two special ones included.</param>
    /// <exception cref="FormatException">The bytes are no such vocabulary.</exception>
    public WordPieceEncoder(byte[] vocabulary, bool uncased, int maximumTokens)
    {
        var tokens = Lines(vocabulary);
        _classification = Find(Classification);
        _separator = Find(Separator);
        Find(Unknown);
        try
        {
            using var stream = new MemoryStream(vocabulary);
            _pieces = WordPieceTokenizer.Create(stream, new WordPieceOptions { UnknownToken = Unknown });
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"The vocabulary cannot be used: {exception.Message} Every line must be different.", exception);
        }

        _uncased = uncased;
        MaximumTokens = maximumTokens;
        PaddingId = tokens.IndexOf(Padding) is >= 0 and int padding ? padding : null;

        int Find(string token) => tokens.IndexOf(token) is >= 0 and int id ? id : throw new FormatException(
            $"The vocabulary ({tokens.Count} lines) has no token '{token}'. A BERT vocabulary (vocab.txt) is needed: one token a line, " +
            $"with {Classification}, {Separator} and {Unknown} among them.");
    }

    private static List<string> Lines(byte[] vocabulary)
    {
        using var reader = new StreamReader(new MemoryStream(vocabulary));
        var lines = new List<string>();
        while (reader.ReadLine() is { } line) lines.Add(line);
        return lines;
    }

    public long? PaddingId { get; }

    public int MaximumTokens { get; }

    /// <summary>The tokens of a text, [CLS] first and [SEP] last; an empty text has these two alone.</summary>
    public (IReadOnlyList<TextToken> Pieces, bool Cut) Encode(ReadOnlyMemory<char> text)
    {
        var pieces = new List<TextToken> { new(_classification, 0, 0) };
        bool cut = false;
        foreach (var word in BasicTokenizer.Split(text, _uncased))
        {
            var tokens = _pieces.EncodeToTokens(word.ToString(), out _, considerPreTokenization: false, considerNormalization: false);
            foreach (var token in tokens)
            {
                cut = pieces.Count == MaximumTokens - 1;
                if (cut) break;
                var (start, end) = word.Span(token.Offset.Start.Value, token.Offset.End.Value);
                pieces.Add(new(token.Id, start, end - start));
            }

            if (cut) break;
        }

        pieces.Add(new(_separator, text.Length, 0));
        return (pieces, cut);
    }
}

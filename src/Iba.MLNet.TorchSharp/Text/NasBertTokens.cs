using Microsoft.ML.Tokenizers;
using Microsoft.ML.TorchSharp;

namespace Iba.MLNet.TorchSharp;

/// <summary>
/// The tokens that ML.NET's text classifiers see: byte pairs of the vocabulary inside Microsoft.ML.TorchSharp, behind a first token that
/// stands for the whole text. Characters that the vocabulary has no symbol for are left out, as those classifiers do.
/// </summary>
internal sealed class NasBertTokens : ITokenEncoder
{
    public const string IdsColumnName = "Tokens", MaskColumnName = "TokenMask", OffsetsColumnName = "TokenOffsets";
    public const int First = 0, Padding = 1, Most = 512;

    private static readonly Lazy<NasBertTokens> Shared = new(() => new NasBertTokens());

    private readonly EnglishRobertaTokenizer _tokenizer;

    private NasBertTokens()
    {
        _tokenizer = EnglishRobertaTokenizer.Create(Resource("encoder.json"), Resource("vocab.bpe"), Resource("dict.txt"), RobertaPreTokenizer.Instance);
        _tokenizer.AddMaskSymbol();

        static Stream Resource(string name) => typeof(TorchSharpCatalog).Assembly.GetManifestResourceStream(name)
            ?? throw new NotSupportedException($"This version of Microsoft.ML.TorchSharp has no vocabulary '{name}'.");
    }

    /// <summary>The one of the process: the vocabulary takes a second to read.</summary>
    public static NasBertTokens Instance => Shared.Value;

    public long? PaddingId => Padding;

    public int MaximumTokens => Most;

    public (IReadOnlyList<TextToken> Pieces, bool Cut) Encode(ReadOnlyMemory<char> text)
    {
        var tokens = _tokenizer.EncodeToTokens(text.Span, out _);
        var ids = _tokenizer.ConvertIdsToOccurrenceRanks(tokens.Select(token => token.Id).ToArray());
        var pieces = tokens.Zip(ids, (token, id) => TokenPlace.Of(text.Span, id, token.Offset)).Prepend(new TextToken(First, 0, 0)).Take(Most).ToArray();
        return (pieces, tokens.Count >= Most);
    }
}

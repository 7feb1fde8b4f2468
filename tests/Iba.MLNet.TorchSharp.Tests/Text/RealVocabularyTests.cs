using CsCheck;
using Microsoft.ML.Tokenizers;
using Microsoft.ML.TorchSharp;

namespace Iba.MLNet.TorchSharp.Tests;

/// <summary>The public byte-pair step on GPT-2's vocabulary, which Microsoft.ML.TorchSharp brings along with fairseq's dictionary of RoBERTa.</summary>
public class RealVocabularyTests
{
    private static readonly BytePairVocabulary Gpt2 = new(Resource("encoder.json"), Resource("vocab.bpe"), null);
    private static readonly BytePairEncoder Encoder = new(Gpt2, new(null, null, "<|endoftext|>"), maximumTokens: 1024);
    private static readonly TiktokenTokenizer Other = TiktokenTokenizer.CreateForModel("gpt-2");

    [Theory]
    [InlineData("Hello world!", "15496 995 0")]
    [InlineData("naïve café", "2616 38776 40304")]
    [InlineData("go\U0001F600 stop", "2188 47249 222 2245")]
    public void Ids_are_GPT2s(string text, string expected) => Assert.Equal(expected, string.Join(' ', Ids(Encoder, text)));

    [Fact]
    public void Any_text_has_the_ids_and_the_characters_of_another_tokenizer_with_another_vocabulary_file() => Gen.String.Sample(text =>
    {
        var expected = Other.EncodeToTokens(text, out _);
        var pieces = Encoder.Encode(text.AsMemory()).Pieces;

        Assert.Equal(expected.Select(token => token.Id), pieces.Select(piece => piece.Id));
        foreach (var (token, piece) in expected.Zip(pieces))
        {
            // Ours leave the white space out.
            string theirs = text[token.Offset].TrimStart();
            Assert.Equal(theirs, text.Substring(piece.Start, piece.Length));
        }

        Assert.Equal(50256, Encoder.PaddingId);
    });

    [Fact]
    public void With_fairseqs_dictionary_ids_are_RoBERTas()
    {
        var encoder = new BytePairEncoder(Gpt2 with { Dictionary = Resource("dict.txt") }, default, maximumTokens: 512);

        Assert.Equal([0, 31414, 232, 328, 2], Ids(encoder, "Hello world!"));
        Assert.Equal(1, encoder.PaddingId);
    }

    private static int[] Ids(BytePairEncoder encoder, string text) => [.. encoder.Encode(text.AsMemory()).Pieces.Select(piece => piece.Id)];

    private static byte[] Resource(string name)
    {
        using var stream = typeof(TorchSharpCatalog).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}

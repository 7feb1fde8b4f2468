using System.Text;
using CsCheck;

namespace Iba.MLNet.Tests;

public class WordPieceEncoderTests
{
    private static readonly WordPieceEncoder Encoder = new(File.ReadAllBytes(TopicsAssets.Vocabulary), uncased: true, maximumTokens: 512);

    [Theory]
    [InlineData("expected.json")] // Token ids of the transformers library.
    [InlineData("tokens.json")] // Scripts, accents, symbols, control characters: a Python program after BERT's description.
    public void Ids_equal_those_of_others(string golden)
    {
        foreach (var (text, ids) in TopicsAssets.Read(golden))
        {
            Assert.Equal(ids, Encoder.Encode(text.AsMemory()).Pieces.Select(piece => (long)piece.Id));
        }
    }

    [Theory]
    [InlineData("Café très", "Café|très")]
    [InlineData("e\u0301tude re\u0302ve", "e\u0301t|ude|re\u0302v|e")] // The marks belong to the letters before them.
    [InlineData("Straße", "St|raße")]
    [InlineData("中国 abc漢", "中|国|abc|漢")]
    [InlineData("go😀\tstop", "go😀|stop")] // A word that cannot be spelled is one unknown token.
    [InlineData("joi\u200dner", "joi\u200dn|er")]
    [InlineData("a $5-bill.", "a|$|5|-|bill|.")]
    [InlineData("각", "각|각|각")] // Three letters of one syllable share its place.
    public void Offsets_refer_to_the_original_text(string text, string expected)
    {
        var pieces = Encoder.Encode(text.AsMemory()).Pieces.Where(piece => piece.Length > 0);

        Assert.Equal(expected.Split('|'), pieces.Select(piece => text.Substring(piece.Start, piece.Length)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t\n")]
    [InlineData("\u0301\u200b")]
    public void A_text_without_words_has_the_two_special_tokens_alone(string text)
    {
        var (pieces, cut) = Encoder.Encode(text.AsMemory());

        Assert.Equal([new TextToken(101, 0, 0), new TextToken(102, text.Length, 0)], pieces);
        Assert.False(cut);
    }

    [Fact]
    public void A_text_of_exactly_the_maximum_is_not_cut_and_a_longer_one_ends_in_a_separator()
    {
        var encoder = new WordPieceEncoder(File.ReadAllBytes(TopicsAssets.Vocabulary), uncased: true, maximumTokens: 4);

        Assert.False(encoder.Encode("the bank".AsMemory()).Cut);
        var (pieces, cut) = encoder.Encode("the bank refused".AsMemory());
        Assert.True(cut);
        Assert.Equal([101, 1996, 2924, 102], pieces.Select(piece => piece.Id));
    }

    [Fact]
    public void Any_text_at_all_has_ordered_tokens_inside_it() => Gen.String.Sample(text =>
    {
        var pieces = Encoder.Encode(text.AsMemory()).Pieces;

        Assert.Equal((101, 102), (pieces[0].Id, pieces[^1].Id));
        Assert.All(pieces.Skip(1).SkipLast(1), piece => Assert.InRange(piece.Start + piece.Length, piece.Start + 1, text.Length));
        Assert.Equal(pieces.Select(piece => piece.Start).Order(), pieces.Select(piece => piece.Start));
    });

    [Fact]
    public void A_cased_vocabulary_keeps_case_and_accents()
    {
        byte[] vocabulary = Encoding.UTF8.GetBytes("[UNK]\n[CLS]\n[SEP]\nCafé\ncafe\n");

        Assert.Equal([1, 3, 0, 2], Ids(uncased: false));
        Assert.Equal([1, 4, 4, 2], Ids(uncased: true));

        IEnumerable<int> Ids(bool uncased) => new WordPieceEncoder(vocabulary, uncased, 512).Encode("Café café".AsMemory()).Pieces.Select(piece => piece.Id);
    }

    [Theory]
    [InlineData("word\n[UNK]\n[CLS]\n", "[SEP]")]
    [InlineData("[UNK]\n[CLS]\n[SEP]\nsame\nsame\n", "different")]
    public void A_file_that_is_no_vocabulary_is_refused(string vocabulary, string expected)
    {
        var error = Assert.Throws<FormatException>(() => new WordPieceEncoder(Encoding.UTF8.GetBytes(vocabulary), true, 512));

        Assert.Contains(expected, error.Message);
    }
}

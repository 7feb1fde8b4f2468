using System.Text;
using CsCheck;

namespace Iba.MLNet.Tests;

public class BytePairEncoderTests
{
    private static readonly BytePairEncoder Encoder = new(SmallVocabularies.BytePairs, default, maximumTokens: 512);

    [Theory]
    [InlineData("hello world", "0 263 268 2", "0+0 0+5 6+5 11+0")]
    [InlineData("hello  world!", "0 263 36 268 37 2", "0+0 0+5 6+0 7+5 12+1 13+0")] // The first of two spaces is a token of its own; "Ġ" is byte 32.
    [InlineData("é", "0 199 173 2", "0+0 0+1 0+1 1+0")] // C3 A9
    [InlineData("a😀b", "0 101 244 163 156 132 102 2", "0+0 0+1 1+2 1+2 1+2 1+2 3+1 4+0")] // F0 9F 98 80
    [InlineData("", "0 2", "0+0 0+0")]
    [InlineData(" \n", "0 36 14 2", "0+0 1+0 2+0 2+0")]
    [InlineData("<s>", "0 64 119 66 2", "0+0 0+1 1+1 2+1 3+0")] // Written out: ordinary text.
    public void Ids_and_places_are_those_of_the_bytes(string text, string ids, string places)
    {
        var (pieces, cut) = Encoder.Encode(text.AsMemory());

        Assert.Equal(ids, string.Join(' ', pieces.Select(piece => piece.Id)));
        Assert.Equal(places, string.Join(' ', pieces.Select(piece => $"{piece.Start}+{piece.Length}")));
        Assert.False(cut);
        Assert.Equal(1, Encoder.PaddingId);
    }

    [Fact]
    public void A_vocabulary_without_special_tokens_puts_nothing_around_a_text()
    {
        var encoder = new BytePairEncoder(SmallVocabularies.PlainBytePairs, default, maximumTokens: 512);

        Assert.Equal([259, 264], encoder.Encode("hello world".AsMemory()).Pieces.Select(piece => piece.Id));
        Assert.Empty(encoder.Encode("".AsMemory()).Pieces);
        Assert.Null(encoder.PaddingId);
    }

    [Fact]
    public void Special_tokens_are_those_that_were_named()
    {
        var encoder = new BytePairEncoder(SmallVocabularies.BytePairs, new("hello", "", "!"), maximumTokens: 512);

        Assert.Equal([263, 263], encoder.Encode("hello".AsMemory()).Pieces.Select(piece => piece.Id));
        Assert.Equal('!' + 4, encoder.PaddingId);
    }

    [Fact]
    public void A_dictionary_numbers_anew_and_what_it_lacks_is_unknown()
    {
        byte[] dictionary = Encoding.UTF8.GetBytes("264 9000\n259 8000\nmadeupword0000 0\n");
        var encoder = new BytePairEncoder(SmallVocabularies.PlainBytePairs with { Dictionary = dictionary }, default, maximumTokens: 512);

        Assert.Equal([0, 5, 4, 3, 2], encoder.Encode("hello world!".AsMemory()).Pieces.Select(piece => piece.Id));
        Assert.Equal(1, encoder.PaddingId);
    }

    [Fact]
    public void A_text_of_exactly_the_maximum_is_not_cut_and_a_longer_one_ends_as_others_do()
    {
        var encoder = new BytePairEncoder(SmallVocabularies.BytePairs, default, maximumTokens: 4);

        Assert.False(encoder.Encode("hello world".AsMemory()).Cut);
        var (pieces, cut) = encoder.Encode("hello world!".AsMemory());
        Assert.True(cut);
        Assert.Equal([0, 263, 268, 2], pieces.Select(piece => piece.Id));
    }

    [Fact]
    public void Any_text_at_all_has_ordered_tokens_inside_it_and_loses_no_bit() => Gen.String.Sample(text =>
    {
        var pieces = Encoder.Encode(text.AsMemory()).Pieces;

        Assert.All(pieces, piece => Assert.InRange(piece.Start + piece.Length, piece.Start, text.Length));
        Assert.Equal(pieces.Select(piece => piece.Start).Order(), pieces.Select(piece => piece.Start));
        // Every character but white space is the place of a token.
        bool[] covered = new bool[text.Length];
        foreach (var piece in pieces) covered.AsSpan(piece.Start, piece.Length).Fill(true);
        Assert.All(Enumerable.Range(0, text.Length), i => Assert.True(covered[i] || char.IsWhiteSpace(text[i])));
        int[] offsets = [.. pieces.SelectMany(piece => new[] { piece.Start, piece.Length })];
        var words = WordBits.Join(text, offsets, [.. pieces.Select(_ => 1f)], includeSpecialTokens: true);
        Assert.Equal(pieces.Count, words.Sum(word => word.Bits));
    });

    [Theory]
    [InlineData("{\"a\": 0", "h e", "vocab.json")]
    [InlineData("{\"a\": 0, \"b\": 1}", "a b", "belong together")] // "ab" is no token.
    [InlineData("{\"a\": 0, \"b\": 1, \"ab\": 2}", "a b c", "no pair")]
    [InlineData("{\"a\": 0, \"b\": 1, \"ab\": 2}", "a b", "254 of the 256 bytes")]
    public void Files_that_are_no_vocabulary_are_refused(string tokens, string merges, string expected)
    {
        var vocabulary = new BytePairVocabulary(Encoding.UTF8.GetBytes(tokens), Encoding.UTF8.GetBytes(merges), null);

        Assert.Contains(expected, Assert.Throws<FormatException>(() => new BytePairEncoder(vocabulary, default, 512)).Message);
    }

    [Fact]
    public void A_special_token_that_is_not_there_is_refused_and_so_is_a_dictionary_of_words()
    {
        Assert.Contains("'[CLS]'", Assert.Throws<FormatException>(() => new BytePairEncoder(SmallVocabularies.BytePairs, new("[CLS]", null, null), 512)).Message);
        var words = SmallVocabularies.PlainBytePairs with { Dictionary = "hello 1\nworld 2\n"u8.ToArray() };
        Assert.Contains("dict.txt", Assert.Throws<FormatException>(() => new BytePairEncoder(words, default, 512)).Message);
    }
}

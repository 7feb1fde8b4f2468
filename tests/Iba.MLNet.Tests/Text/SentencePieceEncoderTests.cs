using CsCheck;

namespace Iba.MLNet.Tests;

public class SentencePieceEncoderTests
{
    private static readonly SentencePieceEncoder Unigram = new(SmallVocabularies.SentencePieces(), default, fairseqIds: false, maximumTokens: 512);
    private static readonly SentencePieceEncoder BytePairs = new(SmallVocabularies.SentencePieces(bpe: true, bytes: true), default, fairseqIds: false, maximumTokens: 512);

    [Theory]
    [InlineData("the banks", "1 3 5 6 2", "0+0 0+3 4+4 8+1 9+0")]
    [InlineData("  the   banks ", "1 3 5 6 2", "0+0 2+3 8+4 12+1 14+0")]
    [InlineData("é the", "1 4 16 3 2", "0+0 0+0 0+1 2+3 5+0")]
    [InlineData("the 😀", "1 3 4 0 2", "0+0 0+3 3+0 4+2 6+0")]
    [InlineData("", "1 2", "0+0 0+0")]
    [InlineData("   ", "1 2", "0+0 3+0")]
    public void The_likeliest_pieces_stand_at_their_places_in_the_original(string text, string ids, string places)
    {
        var pieces = Unigram.Encode(text.AsMemory()).Pieces;

        Assert.Equal(ids, string.Join(' ', pieces.Select(piece => piece.Id)));
        Assert.Equal(places, string.Join(' ', pieces.Select(piece => $"{piece.Start}+{piece.Length}")));
        Assert.Equal(17, Unigram.PaddingId);
    }

    [Fact]
    public void Spaces_that_the_model_keeps_are_pieces_without_a_place()
    {
        var encoder = new SentencePieceEncoder(SmallVocabularies.SentencePieces(removeExtraSpaces: false), default, fairseqIds: false, maximumTokens: 512);

        var pieces = encoder.Encode("the  the".AsMemory()).Pieces;

        Assert.Equal([new(1, 0, 0), new(3, 0, 3), new(4, 3, 0), new(3, 5, 3), new(2, 8, 0)], pieces);
    }

    [Fact]
    public void A_BPE_model_spells_what_it_does_not_know_by_bytes_at_the_characters_place()
    {
        var pieces = BytePairs.Encode("b😀".AsMemory()).Pieces;

        Assert.Equal([1, 7, 18 + 0xF0, 18 + 0x9F, 18 + 0x98, 18 + 0x80, 2], pieces.Select(piece => piece.Id));
        Assert.All(pieces.Skip(2).SkipLast(1), piece => Assert.Equal((1, 2), (piece.Start, piece.Length)));
    }

    [Fact]
    public void Fairseq_counts_one_more_and_has_other_special_tokens()
    {
        var encoder = new SentencePieceEncoder(SmallVocabularies.SentencePieces(), default, fairseqIds: true, maximumTokens: 512);

        Assert.Equal([0, 4, 5, 3, 2], encoder.Encode("the 😀".AsMemory()).Pieces.Select(piece => piece.Id));
        Assert.Equal(1, encoder.PaddingId);
    }

    [Fact]
    public void Special_tokens_can_be_left_out()
    {
        var encoder = new SentencePieceEncoder(SmallVocabularies.SentencePieces(), new("", "", ""), fairseqIds: false, maximumTokens: 3);

        var (pieces, cut) = encoder.Encode("the the the the".AsMemory());

        Assert.True(cut);
        Assert.Equal([3, 3, 3], pieces.Select(piece => piece.Id));
        Assert.Null(encoder.PaddingId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_text_at_all_has_ordered_tokens_inside_it(bool bpe) => Gen.String.Sample(text =>
    {
        var pieces = (bpe ? BytePairs : Unigram).Encode(text.AsMemory()).Pieces;

        Assert.All(pieces, piece => Assert.InRange(piece.Start + piece.Length, piece.Start, text.Length));
        Assert.Equal(pieces.Select(piece => piece.Start).Order(), pieces.Select(piece => piece.Start));
    });

    [Fact]
    public void Files_that_cannot_be_read_right_are_refused()
    {
        Assert.Contains("no SentencePiece model", Refusal("word\n"u8.ToArray()));
        Assert.Contains("byte_fallback", Refusal(SmallVocabularies.SentencePieces(bytes: true)));

        static string Refusal(byte[] model) => Assert.Throws<FormatException>(() => new SentencePieceEncoder(model, default, false, 512)).Message;
    }

    [Theory]
    [InlineData("Ａｂ cd", "\u2581ab\u2581cd", "0+2 0+2 3+1 4+1")] // Full width letters: the word is the place of each of its pieces.
    [InlineData("The Bank", "\u2581the\u2581bank", "0+1 1+1 2+1 4+1 5+1 6+1 7+1")]
    [InlineData("a\u200bbc d", "\u2581abc\u2581d", "0+1 1+3 1+3 5+1")]
    [InlineData("a \t b", "a\u2581b\u2581", "0+1 4+1")]
    public void Characters_that_are_written_in_another_way_stand_for_the_rest_of_their_word(string original, string normalized, string expected)
    {
        var places = new NormalizedText(original, normalized);

        var found = Enumerable.Range(0, normalized.Length).Where(i => normalized[i] != '\u2581').Select(i => places.Place(0, i..(i + 1)));

        Assert.Equal(expected, string.Join(' ', found.Select(place => $"{place.Start}+{place.Length}")));
    }
}

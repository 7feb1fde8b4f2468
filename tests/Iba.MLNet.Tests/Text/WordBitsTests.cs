using CsCheck;

namespace Iba.MLNet.Tests;

public class WordBitsTests
{
    private static readonly WordPieceEncoder Encoder = new(File.ReadAllBytes(TopicsAssets.Vocabulary), uncased: true, maximumTokens: 512);

    [Theory]
    [InlineData("The tumour, well-known.", "The|tumour|,|well|-|known|.")]
    [InlineData("unbelievability of crème brûlées", "unbelievability|of|crème|brûlées")]
    [InlineData("re\u0302ves joi\u200dners", "re\u0302ves|joi\u200dners")]
    [InlineData("中国abc漢", "中|国|abc|漢")]
    [InlineData("각 텍스트", "각|텍스트")]
    [InlineData("3.14 $5 😀!", "3|.|14|$|5|😀|!")]
    [InlineData("≠ a", "≠|a")] // Its decomposition is an equals sign with a stroke: punctuation.
    public void Pieces_are_joined_to_the_words_of_the_text(string text, string expected)
    {
        var words = Join(text, includeSpecialTokens: false);

        Assert.Equal(expected.Split('|'), words.Select(word => word.Word));
        Assert.All(words, word => Assert.Equal(word.Word, text.Substring(word.Start, word.Length)));
    }

    [Fact]
    public void Bits_of_pieces_add_up_and_special_tokens_are_left_out()
    {
        // [CLS] tu ##mour ! [SEP]
        var words = WordBits.Join("tumour!", [0, 0, 0, 2, 2, 4, 6, 1, 7, 0], [1, 2, 4, 8, 16]);

        Assert.Equal([new WordBits("tumour", 0, 6, 6), new WordBits("!", 6, 1, 8)], words);
    }

    [Fact]
    public void With_special_tokens_no_bit_is_lost_in_any_text() => Gen.String.Sample(text =>
        Assert.Equal(Enumerable.Range(1, Encoder.Encode(text.AsMemory()).Pieces.Count).Sum(), Join(text, includeSpecialTokens: true).Sum(word => word.Bits)));

    [Fact]
    public void An_empty_text_has_no_words()
    {
        Assert.Empty(Join("", includeSpecialTokens: false));
        Assert.Equal(["[CLS]", "[SEP]"], Join("", includeSpecialTokens: true).Select(word => word.Word));
    }

    [Fact]
    public void Offsets_of_another_row_are_refused()
    {
        Assert.Contains("two are needed", Assert.Throws<ArgumentException>(() => WordBits.Join("text", [0, 4], [1, 2])).Message);
        Assert.Contains("different rows", Assert.Throws<ArgumentException>(() => WordBits.Join("text", [0, 5], [1])).Message);
    }

    private static IReadOnlyList<WordBits> Join(string text, bool includeSpecialTokens)
    {
        var pieces = Encoder.Encode(text.AsMemory()).Pieces;
        int[] offsets = pieces.SelectMany(piece => new[] { piece.Start, piece.Length }).ToArray();
        return WordBits.Join(text, offsets, Enumerable.Range(1, pieces.Count).Select(bits => (float)bits).ToArray(), includeSpecialTokens);
    }
}

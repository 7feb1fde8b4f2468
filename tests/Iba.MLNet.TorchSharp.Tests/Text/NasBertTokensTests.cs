using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.TorchSharp.Extensions;

namespace Iba.MLNet.TorchSharp.Tests;

public class NasBertTokensTests
{
    private static readonly IChannel Channel = ((IHostEnvironment)new MLContext()).Start("Test");

    [Theory]
    [InlineData("Hello world!", "0+0 0+5 6+5 11+1")]
    [InlineData("  two  spaces\n", "0+0 1+0 2+3 6+0 7+6 14+0")]
    [InlineData("go\U0001F600 stop", "0+0 0+2 5+4")] // Characters that the vocabulary has no symbol for are left out.
    [InlineData("日本", "0+0")]
    [InlineData("", "0+0")]
    public void Tokens_stand_at_their_places_in_the_text(string text, string places)
        => Assert.Equal(places, string.Join(' ', NasBertTokens.Instance.Encode(text.AsMemory()).Pieces.Select(piece => $"{piece.Start}+{piece.Length}")));

    [Fact]
    public void Any_text_has_the_ids_that_the_model_computes_with() => Gen.String.Sample(Compare);

    [Fact]
    public void So_has_a_long_text_which_is_cut_where_the_model_cuts_it()
    {
        string text = string.Concat(Enumerable.Range(0, 600).Select(i => $" word{i % 7}"));
        Compare(text);

        Assert.True(NasBertTokens.Instance.Encode(text.AsMemory()).Cut);
        Assert.Equal(512, NasBertTokens.Instance.Encode(text.AsMemory()).Pieces.Count);
        Assert.False(NasBertTokens.Instance.Encode("the house".AsMemory()).Cut);
    }

    private static void Compare(string text)
    {
        var expected = TokenizerExtensions.GetInstance(Channel).EncodeToConverted(text).Prepend(0).Take(512);

        Assert.Equal(expected, NasBertTokens.Instance.Encode(text.AsMemory()).Pieces.Select(piece => piece.Id));
    }
}

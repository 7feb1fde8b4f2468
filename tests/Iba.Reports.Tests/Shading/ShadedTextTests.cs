using CsCheck;

namespace Iba.Reports.Tests;

public class ShadedTextTests
{
    [Fact]
    public void Words_and_what_lies_between_them_follow_each_other()
    {
        var shaded = new ShadedText("He saved a.", [new(3, 5, 8), new(9, 1, 0.75), new(10, 1, -1)]);

        Assert.Equal(8, shaded.Scale.Maximum);
        Assert.Equal(
            [
                new("He ", 0, null, false), new("saved", 16, "8", true), new(" ", 0, null, false), new("a", 2, "0.8", false),
                new("", 0, null, false), new(".", 0, "-1", false), new("", 0, null, false),
            ],
            shaded.Stretches);
    }

    [Fact]
    public void A_tenth_of_the_most_bits_is_numbered()
        => Assert.Equal([true, true, false], Words(new ShadedText("abc", [new(0, 1, 20), new(1, 1, 2), new(2, 1, 1.9)])).Select(word => word.Numbered));

    [Fact]
    public void No_bits_are_not_numbered()
        => Assert.All(Words(new ShadedText("ab", [new(0, 1, 0), new(1, 1, double.NaN)])), word => Assert.Equal((0, false), (word.Level, word.Numbered)));

    [Fact]
    public void The_stretches_together_are_the_text() =>
        Gen.Select(Gen.String, Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5], Gen.Double[-1, 9]).Array[0, 9]).Sample((text, steps) =>
        {
            var words = new List<TextBits>();
            int at = 0;
            foreach (var (gap, length, bits) in steps)
            {
                if (at + gap + length > text.Length) break;
                words.Add(new(at + gap, length, bits));
                at += gap + length;
            }

            Assert.Equal(text, string.Concat(new ShadedText(text, words).Stretches.Select(stretch => stretch.Text)));
        });

    [Theory]
    [InlineData(1, 2)] // The word before ends at 2.
    [InlineData(2, 3)]
    [InlineData(5, 0)]
    [InlineData(3, -1)]
    [InlineData(2, int.MaxValue)]
    public void Words_that_overlap_or_leave_the_text_are_refused(int start, int length)
    {
        var exception = Assert.Throws<ArgumentException>(() => new ShadedText("abcd", [new(0, 2, 1), new(start, length, 1)]));
        Assert.Equal("words", exception.ParamName);
        Assert.Contains($"Word 1 covers {length} characters from {start}, but the text has 4 and the word before ends at 2", exception.Message);
    }

    private static IEnumerable<TextStretch> Words(ShadedText shaded) => shaded.Stretches.Where(stretch => stretch.Bits is not null);
}

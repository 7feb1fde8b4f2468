namespace Iba.Reports.Tests;

public class BitsScaleTests
{
    [Fact]
    public void Shades_grow_with_the_bits_or_with_their_root()
    {
        Assert.Equal([0, 4, 8, 16], new[] { 0, 2.0, 4, 8 }.Select(new BitsScale(8).Level));
        Assert.Equal([0, 8, 11, 16], new[] { 0, 2.0, 4, 8 }.Select(new BitsScale(8, BitsScale.ForBytes).Level)); // sqrt(0.5) * 16 = 11.3
    }

    [Fact]
    public void Bits_beyond_the_scale_get_the_nearer_end()
    {
        Assert.Equal(0, new BitsScale(8).Level(-1));
        Assert.Equal(16, new BitsScale(8).Level(9));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(double.NaN)]
    public void Without_bits_everything_is_white(double maximum) => Assert.Equal(0, new BitsScale(maximum).Level(1));

    [Fact]
    public void Colours_run_from_white_to_deep_orange()
    {
        Assert.Equal((255, 255, 255), BitsScale.Color(0));
        Assert.Equal((255, 250, 240), BitsScale.Color(1)); // A quarter of the way to the next anchor: 250.25, 240.25.
        Assert.Equal((255, 236, 196), BitsScale.Color(4));
        Assert.Equal((255, 205, 120), BitsScale.Color(8));
        Assert.Equal((250, 160, 50), BitsScale.Color(12));
        Assert.Equal((236, 112, 20), BitsScale.Color(16));
    }

    [Fact]
    public void Black_text_keeps_its_contrast_on_every_shade_and_each_is_darker_than_the_one_before()
    {
        double[] lightness = [.. Enumerable.Range(0, BitsScale.Levels + 1).Select(level => Luminance(BitsScale.Color(level)))];
        Assert.All(lightness.Zip(lightness.Skip(1)), pair => Assert.True(pair.Second < pair.First));
        Assert.All(lightness, value => Assert.True((value + 0.05) / 0.05 > 4.5));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.04, "0")]
    [InlineData(1.25, "1.3")]
    [InlineData(9.94, "9.9")]
    [InlineData(9.96, "10")]
    [InlineData(1234.5, "1,235")]
    [InlineData(-2.5, "-2.5")]
    public void Numbers_have_one_digit_after_the_point_below_ten(double bits, string expected) => Assert.Equal(expected, BitsScale.Format(bits));

    /// <summary>As the contrast rules for web pages define it.</summary>
    private static double Luminance((byte Red, byte Green, byte Blue) color)
    {
        return (0.2126 * Linear(color.Red)) + (0.7152 * Linear(color.Green)) + (0.0722 * Linear(color.Blue));

        static double Linear(byte value) => value <= 10 ? value / 255.0 / 12.92 : Math.Pow(((value / 255.0) + 0.055) / 1.055, 2.4);
    }
}

namespace Iba.Reports.Tests;

public class ByteLineTests
{
    [Fact]
    public void Lines_start_at_multiples_of_their_width_and_know_their_ends_and_bits()
    {
        var lines = ByteLine.Split([new(14, 0x41, 1), new(15, 0x42, 2), new(16, 0x43, 4), new(35, 0x44, 8), new(37, 0x45, 16)]);

        Assert.Equal([(0, 14, 15, 3), (16, 16, 16, 4), (32, 35, 37, 24)], lines.Select(line => (line.Offset, line.First, line.Last, line.Bits)));
    }

    [Fact]
    public void A_place_without_a_byte_is_blank_and_white()
    {
        var line = ByteLine.Split([new(3, 0xAB, 5)])[0];
        var scale = new BitsScale(5);

        Assert.Equal(("  ", " ", 0), (line.Hexadecimal(2), line.Character(2), line.Level(2, scale)));
        Assert.Equal(("ab", "·", 16), (line.Hexadecimal(3), line.Character(3), line.Level(3, scale)));
    }

    [Theory]
    [InlineData('\n', "↵")]
    [InlineData('\t', "→")]
    [InlineData(31, "·")]
    [InlineData(' ', " ")]
    [InlineData('~', "~")]
    [InlineData(127, "·")]
    [InlineData(255, "·")]
    [InlineData(0, "·")]
    public void A_byte_is_shown_as_one_character(int value, string expected)
        => Assert.Equal(expected, ByteLine.Split([new(0, (byte)value, 0)])[0].Character(0));
}

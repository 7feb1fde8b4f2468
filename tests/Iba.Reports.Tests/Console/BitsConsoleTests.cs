namespace Iba.Reports.Tests;

public class BitsConsoleTests
{
    private static readonly TextBits[] Words = [new(4, 5, 16), new(10, 1, 1.5), new(12, 7, 30)];

    [Fact]
    public void Without_colour_words_carry_their_bits_and_no_escape_sequences()
        => Assert.Equal("He\n saved(16) a penalty(30).", BitsConsole.Shade("He\n saved a penalty.", Words, color: false));

    [Fact]
    public void With_colour_every_sequence_is_closed_and_the_text_is_unchanged()
    {
        string shaded = BitsConsole.Shade("He\n saved a penalty.", Words, color: true);

        Assert.Equal("He\n saved a penalty.", System.Text.RegularExpressions.Regex.Replace(shaded, "\e\\[[0-9;]*m", ""));
        Assert.All(shaded.Split('\n'), line => Assert.EndsWith("\e[0m", line));
        Assert.Contains("48;2;236;112;20mpenalty", shaded);
    }

    [Fact]
    public void A_text_cannot_send_escape_sequences_to_the_terminal()
        => Assert.Equal("·[2J gone", BitsConsole.Shade("\e[2J gone", [], color: false));

    [Fact]
    public void Bytes_are_listed_by_lines_of_sixteen_and_the_strongest_lines_can_be_picked()
    {
        var bytes = Enumerable.Range(0, 64).Select(i => new ByteBits(i, (byte)('a' + (i % 26)), i / 16)).ToArray();

        string all = BitsConsole.Shade(bytes, color: false), strongest = BitsConsole.Shade(bytes, color: false, maximumLines: 2);

        Assert.StartsWith("00000000  61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70  abcdefghijklmnop  0", all);
        Assert.Equal(4, all.TrimEnd().Split('\n').Length);
        Assert.StartsWith("       …", strongest);
        Assert.DoesNotContain("00000010  ", strongest);
        Assert.Contains("00000020  ", strongest);
        Assert.Contains("00000030  ", strongest);
    }

    [Fact]
    public void Bytes_are_shaded_in_both_columns_and_blanks_between_them_are_not()
    {
        const string white = "\e[38;2;26;23;20;48;2;255;255;255m", orange = "\e[38;2;26;23;20;48;2;236;112;20m", off = "\e[0m";

        string shaded = BitsConsole.Shade([new ByteBits(0, (byte)'A', 3), new ByteBits(1, (byte)'\n', 3)], color: true);

        string blanks = white + new string(' ', 14 * 3);
        Assert.Equal(
            $"00000000  {orange}41{white} {orange}0a{blanks}{off}  {orange}A↵{white}{new string(' ', 14)}{off}  6{Environment.NewLine}", shaded);
    }

    [Fact]
    public void A_number_of_lines_below_zero_is_refused()
        => Assert.Equal("maximumLines", Assert.Throws<ArgumentOutOfRangeException>(() => BitsConsole.Shade([], color: false, maximumLines: -1)).ParamName);
}

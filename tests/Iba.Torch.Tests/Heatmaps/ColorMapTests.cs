namespace Iba.Torch.Tests;

public class ColorMapTests
{
    public static TheoryData<string> Names => ["Inferno", "Viridis"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Brightness_rises_with_the_value(string name)
    {
        var map = name == "Inferno" ? ColorMap.Inferno : ColorMap.Viridis;
        var colors = Enumerable.Range(0, 101).Select(i => map[i / 100.0]);
        var brightness = colors.Select(color => (0.299 * color.Red) + (0.587 * color.Green) + (0.114 * color.Blue)).ToList();
        Assert.All(brightness.Zip(brightness.Skip(1)), pair => Assert.True(pair.Second > pair.First));
    }

    [Fact]
    public void Ends_and_middle_are_the_anchors()
    {
        var map = new ColorMap(0x000000, 0xFF8000, 0xFFFFFF);
        Assert.Equal((0, 0, 0), map[0]);
        Assert.Equal((255, 128, 0), map[0.5]);
        Assert.Equal((128, 64, 0), map[0.25]);
        Assert.Equal((255, 255, 255), map[1]);
    }

    [Fact]
    public void Values_outside_get_the_nearer_end()
    {
        Assert.Equal(ColorMap.Inferno[0], ColorMap.Inferno[-3]);
        Assert.Equal(ColorMap.Inferno[1], ColorMap.Inferno[double.PositiveInfinity]);
        Assert.Equal(ColorMap.Inferno[0], ColorMap.Inferno[double.NaN]);
    }

    [Fact]
    public void One_colour_is_no_map() => Assert.Contains("at least two", Assert.Throws<ArgumentException>(() => new ColorMap(0x123456)).Message);
}

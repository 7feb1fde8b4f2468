namespace Iba.Torch.Tests;

public class HeatmapRendererTests
{
    private static readonly RgbImage Photograph = new(2, 2, [200, 0, 0, 0, 200, 0, 0, 0, 200, 128, 128, 128]);

    [Fact]
    public void Where_no_bits_are_the_photograph_is_grey()
    {
        var overlay = new HeatmapRenderer { ColorMap = new ColorMap(0x000000, 0xFFFFFF) }.Overlay(Photograph, [0, 0, 0, 0]);
        foreach (byte[] pixel in overlay.Pixels.ToArray().Chunk(3))
        {
            Assert.Equal(pixel[0], pixel[1]);
            Assert.Equal(pixel[0], pixel[2]);
        }

        Assert.Equal(Math.Round(0.7 * 128), overlay.Pixels[^1]);
    }

    [Fact]
    public void The_largest_value_gets_the_highest_colour()
    {
        var renderer = new HeatmapRenderer { PhotographBrightness = 0 };
        Assert.Equal(ColorMap.Inferno[1], Pixel(renderer.Overlay(Photograph, [0, 1, 2, 4]), 3));
        Assert.Equal(ColorMap.Inferno[0.5], Pixel(renderer.Overlay(Photograph, [0, 1, 2, 4]), 2));
        Assert.Equal(ColorMap.Inferno[0.5], Pixel((renderer with { Maximum = 8 }).Overlay(Photograph, [0, 1, 2, 4]), 3));
        Assert.Equal(ColorMap.Inferno[1], Pixel((renderer with { Maximum = 2 }).Overlay(Photograph, [0, 1, 2, 4]), 3));
    }

    [Fact]
    public void NaN_and_infinity_neither_colour_their_pixel_wrongly_nor_spoil_the_scale()
    {
        var renderer = new HeatmapRenderer { PhotographBrightness = 0 };
        var overlay = renderer.Overlay(Photograph, [float.NaN, 1, float.PositiveInfinity, 2]);
        Assert.Equal(ColorMap.Inferno[0], Pixel(overlay, 0));
        Assert.Equal(ColorMap.Inferno[0.5], Pixel(overlay, 1));
        Assert.Equal(ColorMap.Inferno[1], Pixel(overlay, 2));
        Assert.Equal(ColorMap.Inferno[0], Pixel(renderer.Overlay(Photograph, [float.NaN, float.NaN, 0, 0]), 0));
    }

    [Fact]
    public void A_map_of_another_size_says_what_to_do()
    {
        string message = Assert.Throws<ArgumentException>(() => new HeatmapRenderer().Overlay(Photograph, [1, 2, 3])).Message;
        Assert.Contains("3 values, but the photograph has 2 x 2 pixels", message);
    }

    [Fact]
    public void Brightness_beyond_its_range_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new HeatmapRenderer { PhotographBrightness = 1.5 });

    private static (byte Red, byte Green, byte Blue) Pixel(RgbImage image, int index) =>
        (image.Pixels[3 * index], image.Pixels[(3 * index) + 1], image.Pixels[(3 * index) + 2]);
}

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
    public void The_map_lights_up_a_photograph_that_fades_under_it()
    {
        // Grey is 124.2 of 255 by the weights of brightness; half a map leaves 0.7 * 0.6 of it under a light of 128.
        var renderer = new HeatmapRenderer { ColorMap = new ColorMap(0x000000, 0xFFFFFF), Maximum = 2 };
        var overlay = renderer.Overlay(new RgbImage(1, 1, [200, 100, 50]), [1]);
        Assert.Equal((154, 154, 154), Pixel(overlay, 0)); // 255 * (1 - (1 - 0.42 * 124.2 / 255) * (1 - 128 / 255)) = 153.98
    }

    [Fact]
    public void A_colour_bar_shows_the_map_on_middle_grey()
    {
        var renderer = new HeatmapRenderer { ColorMap = new ColorMap(0x000000, 0xFFFFFF) };
        Assert.Equal((155, 155, 155), renderer.BarColor(0.5)); // 255 * (1 - (1 - 0.5 * 0.42) * (1 - 128 / 255)) = 154.67
        Assert.Equal((89, 89, 89), renderer.BarColor(0));
        Assert.Equal(renderer.BarColor(0), renderer.BarColor(-1));
        Assert.Equal(renderer.BarColor(1), renderer.BarColor(7));
    }

    [Fact]
    public void The_largest_value_is_finite_and_not_below_zero()
    {
        Assert.Equal(2, HeatmapRenderer.Largest([float.NaN, 1, float.PositiveInfinity, 2, -5]));
        Assert.Equal(0, HeatmapRenderer.Largest([-1, float.NaN]));
        Assert.Equal(0, HeatmapRenderer.Largest([]));
    }

    [Fact]
    public void A_map_of_another_size_says_what_to_do()
    {
        var exception = Assert.Throws<ArgumentException>(() => new HeatmapRenderer().Overlay(Photograph, [1, 2, 3]));
        Assert.Equal("bits", exception.ParamName);
        Assert.Contains("3 values, but the photograph has 2 x 2 pixels", exception.Message);
        Assert.Contains("Heatmap.Resize", exception.Message);
    }

    [Theory]
    [InlineData(1.5)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Brightness_beyond_its_range_is_refused(double brightness)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => new HeatmapRenderer { PhotographBrightness = brightness });
        Assert.Equal((nameof(HeatmapRenderer.PhotographBrightness), brightness), (exception.ParamName, exception.ActualValue));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_maximum_that_is_no_scale_is_refused(double maximum)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => new HeatmapRenderer { Maximum = maximum });
        Assert.Equal((nameof(HeatmapRenderer.Maximum), maximum), (exception.ParamName, exception.ActualValue));
    }

    private static (byte Red, byte Green, byte Blue) Pixel(RgbImage image, int index) =>
        (image.Pixels[3 * index], image.Pixels[(3 * index) + 1], image.Pixels[(3 * index) + 2]);
}

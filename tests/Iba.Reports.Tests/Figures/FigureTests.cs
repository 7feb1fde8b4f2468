using Iba.Torch;

namespace Iba.Reports.Tests;

public class FigureTests
{
    private static readonly RgbImage Photograph = new(8, 4, [.. Enumerable.Repeat((byte)90, 96)]);
    private static readonly float[] Bits = [.. Enumerable.Range(0, 32).Select(i => i / 31f)];

    [Fact]
    public void A_figure_decodes_and_holds_map_colour_bar_and_title()
    {
        var figure = Decode(HeatmapFigure.Render(Photograph, Bits, "Title", "caption", height: 200));
        Assert.True(figure.Width > 400 && figure.Height > 200);
        Assert.Equal((255, 255, 255), Pixel(figure, 1, 1));
        Assert.True(Count(figure, 0, 0, 120, 40, pixel => pixel.Red < 80) > 50, "the title is not drawn");

        // The bar's upper end has the highest colour, its lower end the lowest; it stands one margin right of the map.
        var renderer = new HeatmapRenderer();
        int top = figure.Height - 16 - 200;
        Assert.Equal(renderer.BarColor(0.5 / 200), Pixel(figure, 16 + 400 + 16 + 8, figure.Height - 17));
        Assert.Equal(renderer.BarColor(199.5 / 200), Pixel(figure, 16 + 400 + 16 + 8, top));
    }

    [Fact]
    public void A_figure_without_text_has_no_room_for_it()
    {
        var figure = HeatmapFigure.Render(Photograph, Bits, height: 64);
        Assert.Equal(16 + 64 + 16, figure.Height);
        Assert.True(HeatmapFigure.Render(Photograph, Bits, "title", height: 64).Height > figure.Height);
    }

    [Fact]
    public void The_colour_bar_names_round_values()
    {
        Assert.Equal(["0.0", "0.2", "0.4", "0.6"], ColorBar.Ticks(0.77).Select(tick => tick.Label));
        Assert.Equal(["0.00", "0.05", "0.10"], ColorBar.Ticks(0.14).Select(tick => tick.Label));
        Assert.Equal(["0", "5", "10", "15", "20"], ColorBar.Ticks(24).Select(tick => tick.Label));
        Assert.Equal(["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"], ColorBar.Ticks(1).Select(tick => tick.Label));
        Assert.All(
            Enumerable.Range(1, 400).Select(i => Math.Pow(10, (i / 20.0) - 10)), maximum => Assert.InRange(ColorBar.Ticks(maximum).Count(), 2, 6));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(float.NaN)]
    public void A_map_without_bits_still_gives_a_figure_and_a_sheet(float value)
    {
        float[] empty = Enumerable.Repeat(value, 32).ToArray();
        Assert.Equal((255, 255, 255), Pixel(HeatmapFigure.Render(Photograph, empty), 0, 0));
        var sheet = new ContactSheet { ScaleEach = true };
        sheet.Add(Photograph, empty, "nothing");
        Assert.Equal((255, 255, 255), Pixel(sheet.Render(), 0, 0));
    }

    [Fact]
    public void A_sheet_shows_each_photograph_beside_its_map()
    {
        var sheet = new ContactSheet { Columns = 2, TileSize = 64, Renderer = new HeatmapRenderer { PhotographBrightness = 0 } };
        for (int i = 1; i <= 3; i++)
        {
            sheet.Add(new RgbImage(4, 4, [.. Enumerable.Repeat((byte)(50 * i), 48)]), [.. Enumerable.Repeat(i / 3f, 16)], $"title {i}", "caption");
        }

        var picture = Decode(sheet.Render());
        var (column, row) = ((2 * 64) + 4 + 32, 48 + 64 + 24);
        foreach (var (i, x, y) in new[] { (1, 28, 28), (2, 28 + column, 28), (3, 28, 28 + row) })
        {
            byte grey = (byte)(50 * i);
            Assert.Equal((grey, grey, grey), Pixel(picture, x + 32, y + 48 + 32));
            Assert.Equal(ColorMap.Inferno[i / 3f], Pixel(picture, x + 64 + 4 + 32, y + 48 + 32));
        }
    }

    [Fact]
    public void A_title_that_is_too_long_does_not_run_into_its_neighbour()
    {
        var sheet = new ContactSheet { Columns = 2, TileSize = 64 };
        sheet.Add(Photograph, Bits, new string('W', 200), new string('w', 200));
        sheet.Add(Photograph, Bits, "", "");
        Assert.Equal(0, Count(sheet.Render(), 28 + (2 * 64) + 4, 0, 32, 28 + 48, pixel => pixel != (255, 255, 255)));
    }

    [Fact]
    public void A_map_of_another_size_is_refused_when_it_is_added()
    {
        Assert.Equal("bits", Assert.Throws<ArgumentException>(() => new ContactSheet().Add(Photograph, [1, 2], "title")).ParamName);
        Assert.Equal("bits", Assert.Throws<ArgumentException>(() => HeatmapFigure.Render(Photograph, [1, 2])).ParamName);
    }

    [Fact]
    public void A_sheet_that_scales_each_map_shows_weak_ones_as_bright_as_strong_ones()
    {
        Assert.Equal(ColorMap.Inferno[1], Map(scaleEach: true));
        Assert.Equal(ColorMap.Inferno[0.25], Map(scaleEach: false));

        static (byte, byte, byte) Map(bool scaleEach)
        {
            var sheet = new ContactSheet { ScaleEach = scaleEach, TileSize = 32, Renderer = new HeatmapRenderer { PhotographBrightness = 0 } };
            sheet.Add(Photograph, Enumerable.Repeat(1f, 32).ToArray(), "weak");
            sheet.Add(Photograph, Enumerable.Repeat(4f, 32).ToArray(), "strong");
            return Pixel(sheet.Render(), 28 + 32 + 4 + 16, 28 + 48 + 16);
        }
    }

    [Fact]
    public void A_maximum_of_its_own_scales_a_figure_and_a_sheet()
    {
        var renderer = new HeatmapRenderer { PhotographBrightness = 0, Maximum = 4 };
        float[] bits = Enumerable.Repeat(2f, 32).ToArray();
        Assert.Equal(ColorMap.Inferno[0.5], Pixel(HeatmapFigure.Render(Photograph, bits, renderer: renderer, height: 32), 16 + 32, 16 + 16));
        var sheet = new ContactSheet { TileSize = 32, Renderer = renderer };
        sheet.Add(Photograph, bits, "title");
        Assert.Equal(ColorMap.Inferno[0.5], Pixel(sheet.Render(), 28 + 32 + 4 + 16, 28 + 48 + 16));
    }

    [Fact]
    public void Columns_and_tiles_have_a_least_size()
    {
        var columns = Assert.Throws<ArgumentOutOfRangeException>(() => new ContactSheet { Columns = 0 });
        var tile = Assert.Throws<ArgumentOutOfRangeException>(() => new ContactSheet { TileSize = 31 });
        Assert.Equal((nameof(ContactSheet.Columns), nameof(ContactSheet.TileSize)), (columns.ParamName, tile.ParamName));
        Assert.Equal("height", Assert.Throws<ArgumentOutOfRangeException>(() => HeatmapFigure.Render(Photograph, Bits, height: 31)).ParamName);
    }

    [Fact]
    public void An_empty_sheet_says_so() =>
        Assert.Contains("add photographs", Assert.Throws<InvalidOperationException>(() => new ContactSheet().Render()).Message);

    private static RgbImage Decode(RgbImage image) => RgbImage.Decode(new MemoryStream(image.ToPng()));

    private static (byte Red, byte Green, byte Blue) Pixel(RgbImage image, int x, int y)
    {
        var pixel = image.Pixels.Slice(3 * ((y * image.Width) + x), 3);
        return (pixel[0], pixel[1], pixel[2]);
    }

    private static int Count(RgbImage image, int left, int top, int width, int height, Func<(byte Red, byte Green, byte Blue), bool> wanted) =>
        Enumerable.Range(left, width).Sum(x => Enumerable.Range(top, height).Count(y => wanted(Pixel(image, x, y))));
}

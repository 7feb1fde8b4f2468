using Iba.Torch;

namespace Iba.Reports.Tests;

public class FigureCanvasTests
{
    [Fact]
    public void Pictures_lie_on_white_where_they_were_put_with_their_colours_unchanged()
    {
        using var figure = new FigureCanvas(3, 2);
        figure.Draw(new RgbImage(2, 1, [1, 2, 3, 250, 100, 50]), 1, 1);

        var image = figure.ToImage();

        Assert.Equal((3, 2), (image.Width, image.Height));
        Assert.Equal([255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 250, 100, 50], image.Pixels.ToArray());
    }
}

using System.Globalization;
using System.Xml.Linq;

namespace Iba.Reports.Tests;

public class BitsStripTests
{
    [Fact]
    public void Columns_are_as_high_as_their_bits_and_a_line_marks_what_is_left_out()
    {
        var drawing = XElement.Parse(BitsStrip.Draw([new(0, 1, 2), new(1, 1, 0), new(2, 1, 4), new(9, 1, 1)]));

        // Four columns of 256; the highest has 60 of 64 and the deepest shade. The first rectangle is the ground.
        Assert.Equal(
            [(0, 34, 30, "#ffcd78"), (512, 4, 60, "#ec7014"), (768, 49, 15, "#ffecc4")],
            drawing.Elements("rect").Skip(1).Select(column => (Number(column, "x"), Number(column, "y"), Number(column, "height"), column.Attribute("fill")!.Value)));
        Assert.All(drawing.Elements("rect").Skip(1), column => Assert.Equal(217.6, Number(column, "width")));
        Assert.Equal(768, Number(Assert.Single(drawing.Elements("line")), "x1"));
        Assert.Equal("Bits along the file, at most 4 in 1 bytes", drawing.Attribute("aria-label")!.Value);
    }

    [Fact]
    public void Long_files_add_the_bits_of_neighbours()
    {
        var drawing = XElement.Parse(BitsStrip.Draw([.. Enumerable.Range(0, 600).Select(i => new ByteBits(i, 1, 1))]));

        Assert.Equal(200, drawing.Elements("rect").Count() - 1); // Three bytes a column.
        Assert.Equal("Bits along the file, at most 3 in 3 bytes", drawing.Attribute("aria-label")!.Value);
    }

    [Fact]
    public void Without_bits_only_the_ground_is_drawn()
        => Assert.Single(XElement.Parse(BitsStrip.Draw([new(0, 1, 0), new(1, 1, -2)])).Elements());

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Xml.Linq;
using CsCheck;

namespace Iba.Reports.Tests.Gallery;

public class HistogramTests
{
    [Fact]
    public void Every_value_is_counted_in_the_interval_whose_edges_hold_it()
        => Gen.Select(Gen.Double[-1e5, 1e5], Gen.Int[-6, 2], Gen.Double[0, 1].Array[1, 200]).Sample((offset, power, shares) =>
        {
            var column = new NumberColumn("x", "X");
            foreach (double share in shares) column.Add(offset + (share * Math.Pow(10, power)));
            double[] values = [.. column.Known];

            var histogram = Histogram.Of(values);

            Assert.Equal(values.Length, histogram.Counts.Sum());
            Assert.InRange(histogram.Counts.Count, 1, 32);
            for (int i = 0; i < histogram.Counts.Count; i++)
                Assert.Equal(histogram.Counts[i], values.Count(value => value >= histogram.Edge(i) && value < histogram.Edge(i + 1)));
        });

    [Fact]
    public void Edges_are_round()
    {
        var histogram = Histogram.Of([0.3, 0.1, 0.7, 0.30001]);

        Assert.Equal(0.02, histogram.Step);
        Assert.Equal([0.1, 0.12, 0.14], new[] { 0, 1, 2 }.Select(histogram.Edge));
        Assert.Equal(2, histogram.Counts[10]); // From 0.3, which belongs to it.
    }

    [Fact]
    public void Equal_values_have_one_interval()
    {
        Assert.Equal([3], Histogram.Of([5, 5, 5]).Counts);
        Assert.Equal([2], Histogram.Of([0, 0]).Counts);
    }

    [Fact]
    public void The_figure_draws_and_tabulates_each_interval()
    {
        var column = new NumberColumn("kept", "a < b");
        foreach (double? value in new double?[] { 1, 1, null, 2, 61 }) column.Add(value);

        var figure = XElement.Parse(HistogramFigure.Draw(column).Replace("&ndash;", "–", StringComparison.Ordinal));

        Assert.Equal(["0 – 2: 2 rows", "2 – 4: 1 rows", "60 – 62: 1 rows"], figure.Descendants("rect").Select(bar => bar.Value));
        double[] heights = [.. figure.Descendants("rect").Select(bar => double.Parse(bar.Attribute("height")!.Value, CultureInfo.InvariantCulture))];
        Assert.Equal(heights[0], 2 * heights[1]);
        Assert.Equal(["2", "1", "1"], figure.Descendants("tbody").Single().Elements("tr").Select(row => row.Elements("td").First().Value));
        Assert.Equal("a < b", figure.Descendants("h3").Single().Value);
        Assert.Equal("4 rows from 1 to 61; half of them between 1 and 16.75, median 1.5.", figure.Descendants("p").Single().Value);
        Assert.Equal("", HistogramFigure.Draw(new NumberColumn("x", "X")));
    }
}

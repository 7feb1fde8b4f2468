namespace Iba.Reports.Tests.Gallery;

public class QuantilesTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2.5)]
    [InlineData(0.75, 4.75)]
    [InlineData(1, 10)]
    public void They_lie_between_neighbours(double share, double expected) => Assert.Equal(expected, new Quantiles([10, 1, 2, 3])[share]);

    [Fact]
    public void One_value_and_none_have_them()
    {
        Assert.Equal(7, new Quantiles([7])[0.9]);
        Assert.Equal(0, new Quantiles([])[0.9]);
    }
}

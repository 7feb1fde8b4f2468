namespace Iba.Reports.Tests.Gallery;

public class UnusualnessTests
{
    [Fact]
    public void Rows_are_compared_with_their_class()
    {
        // Class 0 lies around 100, class 1 around 500: 500 is unusual in the first only.
        double[] bits = [98, 99, 100, 100, 101, 102, 103, 97, 500, 496, 498, 500, 500, 502, 504, 506, 494];
        int[] classes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];

        double[] distances = Unusualness.Of(bits, classes);

        Assert.Equal(8, Array.IndexOf(distances, distances.Max()));
        Assert.Equal(400 / (1.4826 * 2), distances[8], 9);
        Assert.Equal(0, distances[11]);
    }

    [Fact]
    public void Small_classes_and_rows_without_class_are_compared_with_all()
    {
        double[] distances = Unusualness.Of([1, 2, 3, 4, 5, double.NaN], [0, 0, -1, -1, 1, 1]);

        Assert.Equal([2 / 1.4826, 1 / 1.4826, 0, 1 / 1.4826, 2 / 1.4826, double.NaN], distances);
    }

    [Fact]
    public void Where_most_are_equal_nothing_is_unusual() => Assert.Equal([0, 0, 0], Unusualness.Of([7, 7, 9], [-1, -1, -1]));
}

namespace Iba.Reports.Tests.Gallery;

public class ClassMeansTests
{
    [Fact]
    public void Maps_of_a_class_are_averaged_on_the_first_grid()
    {
        var means = new ClassMeans();
        Assert.True(means.IsEmpty);
        means.Add(0, new DensityMap([1, 2, 3, float.NaN], 2, 2));
        means.Add(0, new DensityMap([3, 0, 5, float.NaN], 2, 2));
        means.Add(1, new DensityMap([4], 1, 1));

        Assert.Equal([2, 1, 4, float.NaN], means[0]!.Values);
        Assert.Equal([4, 4, 4, 4], means[1]!.Values);
        Assert.Null(means[2]);
    }
}

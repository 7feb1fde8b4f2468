using CsCheck;

namespace Iba.Torch.Tests;

public class BootstrapTests
{
    [Fact]
    public void The_interval_of_many_rows_is_that_of_the_normal_distribution()
    {
        var random = new Random(3);
        double[] values = [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble())];
        double mean = values.Average(), error = Math.Sqrt(values.Sum(value => Math.Pow(value - mean, 2)) / 399 / 400);
        var found = Bootstrap.Mean(values);
        Assert.Equal(mean, found.Value, 1e-12);
        Assert.InRange(found.Lower, mean - (2.1 * error), mean - (1.82 * error));
        Assert.InRange(found.Upper, mean + (1.82 * error), mean + (2.1 * error));
        Assert.Equal(found, Bootstrap.Mean(values));
        Assert.NotEqual(found, Bootstrap.Mean(values, seed: 1));
        Assert.True(Bootstrap.Mean(values, level: 0.5) is var half && half.Lower > found.Lower && half.Upper < found.Upper);
    }

    [Fact]
    public void It_lies_within_the_values_and_moves_with_them()
        => Gen.Double[-5, 5].Array[2, 30].Sample(
            values =>
            {
                var found = Bootstrap.Mean(values, resamples: 200);
                Assert.InRange(found.Lower, values.Min() - 1e-9, found.Upper);
                Assert.InRange(found.Upper, found.Lower, values.Max() + 1e-9);
                var moved = Bootstrap.Mean(values.Select(value => (2 * value) + 3), resamples: 200);
                Assert.Equal((2 * found.Lower) + 3, moved.Lower, 1e-9);
                Assert.Equal((2 * found.Upper) + 3, moved.Upper, 1e-9);
            },
            iter: 100, threads: 1);

    [Fact]
    public void Fewer_than_two_rows_have_no_interval()
    {
        var one = Bootstrap.Mean([0.25, double.NaN]);
        Assert.Equal((0.25, 1, false), (one.Value, one.Rows, one.HasInterval));
        Assert.Equal("0.250, 1 row: no interval", one.ToString());
        Assert.False(one.Excludes(7));
        var none = Bootstrap.Mean([double.NaN]);
        Assert.True(double.IsNaN(none.Value));
        Assert.Equal(0, none.Rows);
        Assert.Equal("0.500 [0.500, 0.500], 3 rows", Bootstrap.Mean([0.5, 0.5, 0.5]).ToString());
    }

    [Fact]
    public void Pairs_find_what_rows_hide()
    {
        // A small gain on rows that differ much.
        double[] first = [.. Enumerable.Range(0, 30).Select(row => row + 0.1 + (0.01 * (row % 3)))], second = [.. Enumerable.Range(0, 30).Select(row => (double)row)];
        var difference = Bootstrap.MeanDifference(first, second);
        Assert.True(difference.Excludes(0));
        Assert.Equal(0.11, difference.Value, 1e-9);
        Assert.True(Bootstrap.Mean(first).Lower < Bootstrap.Mean(second).Upper);
        Assert.False(Bootstrap.MeanDifference([1, -1, 1, -1], [0, 0, 0, 0]).Excludes(0));
        Assert.Equal(1, Bootstrap.MeanDifference([1, double.NaN, 3], [1, 2, double.NaN]).Rows);
        Assert.Throws<ArgumentException>(() => Bootstrap.MeanDifference([1], [1, 2]));
    }

    [Fact]
    public void Any_statistic_has_an_interval()
    {
        double[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        var median = Bootstrap.Of(values, sample => sample.Order().ElementAt(sample.Count / 2));
        Assert.Equal(5, median.Value);
        Assert.InRange(median.Lower, 1, 4);
        Assert.InRange(median.Upper, 6, 9);
        // A number that is not there has no interval, though some draws have one.
        var partly = Bootstrap.Of(values, sample => sample.Count(value => value > 5) == 4 ? double.NaN : 1);
        Assert.Equal((9, false, false), (partly.Rows, partly.HasInterval, partly.Excludes(0)));
        Assert.True(double.IsNaN(partly.Value));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Mean(values, level: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Mean(values, resamples: 10));
    }
}

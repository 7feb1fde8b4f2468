using CsCheck;

namespace Iba.Reports.Tests.Gallery;

public class DensityMapTests
{
    [Fact]
    public void Bits_per_position_become_bits_per_pixel()
    {
        var map = DensityMap.Of(new ReportMap(new[] { 8f, 0, 4, float.NaN }, 2, 2) { PictureWidth = 8, PictureHeight = 4 });

        Assert.Equal([1, 0, 0.5f, float.NaN], map.Values);
        Assert.Equal(1, map.Largest);
    }

    [Fact]
    public void A_smaller_map_has_the_averages_of_what_it_covers()
    {
        var map = new DensityMap([1, 3, 5, 7, 9, 11], 3, 2);

        Assert.Equal([6], map.Resize(1, 1).Values);
        Assert.Equal([1.66667f, 4.33333f], map.Resize(2, 2).Values[..2].Select(value => (float)Math.Round(value, 5)));
        Assert.Equal((64, 32), (new DensityMap(new float[200 * 100], 200, 100).Within(64).Width, new DensityMap(new float[200 * 100], 200, 100).Within(64).Height));
        Assert.Same(map, map.Within(3));
    }

    [Fact]
    public void Positions_that_are_not_known_do_not_count()
    {
        var map = new DensityMap([float.NaN, 4, float.NaN, float.NaN], 2, 2);

        Assert.Equal([4], map.Resize(1, 1).Values);
        Assert.Equal([255, 254, 255, 255], map.Quantize());
    }

    [Fact]
    public void Resizing_keeps_the_mean_and_stays_within_the_values()
        => Gen.Select(Gen.Float[0, 100].Array[30], Gen.Int[1, 12], Gen.Int[1, 12]).Sample((values, width, height) =>
        {
            var map = new DensityMap(values, 6, 5).Resize(width, height);
            Assert.Equal(values.Average(), map.Values.Average(), 0.001);
            Assert.InRange(map.Values.Max(), 0, values.Max() * 1.00001f);
        });

    [Fact]
    public void Quantised_values_are_near_the_values()
        => Gen.Float[0, 1e6f].Array[1, 50].Sample(values =>
        {
            var map = new DensityMap(values, values.Length, 1);
            Assert.All(map.Quantize().Zip(values), pair => Assert.Equal(pair.Second, pair.First / 254f * map.Largest, map.Largest / 500));
        });

    [Theory]
    [InlineData(-0.5f, "its map holds -0.5 at (1, 1), which is no number of bits")]
    [InlineData(float.PositiveInfinity, "its map holds Infinity at (1, 1), which is no number of bits")]
    [InlineData(float.NaN, null)]
    [InlineData(0, null)]
    public void What_is_no_number_of_bits_is_named(float value, string? fault) => Assert.Equal(fault, DensityMap.Fault(new ReportMap(new[] { 1f, 2, 3, value }, 2, 2)));

    [Fact]
    public void A_map_needs_a_value_for_each_position()
    {
        string message = Assert.Throws<ArgumentException>(() => new ReportMap(new float[5], 2, 3)).Message;
        Assert.StartsWith("A map of 2 x 3 positions has 6 values, but 5 were given", message, StringComparison.Ordinal);
    }
}

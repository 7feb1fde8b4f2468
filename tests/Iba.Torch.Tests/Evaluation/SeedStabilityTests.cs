using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class SeedStabilityTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_method_without_noise_is_stable()
    {
        var found = new SeedStability().Measure(_ => Toy.Random([2, 5, 6]));
        Assert.All(found, row =>
        {
            Assert.Equal((1, 1, 1), (Math.Round(row.Correlation, 12), Math.Round(row.LowestCorrelation, 12), Math.Round(row.Spearman, 12)));
            Assert.All(row.Deviation, deviation => Assert.Equal(0, deviation));
        });
        Assert.Equal(Toy.Random([2, 5, 6])[1].to(float64).data<double>().ToArray(), found[1].Mean);
    }

    [Fact]
    public void Mean_deviation_and_correlation_of_three_maps()
    {
        float[][] maps = [[1, 2, 3], [1, 3, 2], [1, 1, 4]];
        var found = new SeedStability([10, 11, 12]).Measure(seed => tensor(maps[seed - 10]).unsqueeze(0))[0];
        Assert.Equal([1.0, 2.0, 3.0], found.Mean);
        Assert.Equal([0.0, 1.0, 1.0], found.Deviation);
        // Correlations 1/2, sqrt(3)/2 and 0; of the ranks (1, 2, 3), (1, 3, 2) and (1.5, 1.5, 3) the same.
        Assert.Equal((0.5 + (Math.Sqrt(3) / 2)) / 3, found.Correlation, 1e-12);
        Assert.Equal(0, found.LowestCorrelation, 1e-12);
        Assert.Equal((0.5 + (Math.Sqrt(3) / 2)) / 3, found.Spearman, 1e-12);
    }

    [Fact]
    public void What_is_not_defined_is_NaN_and_what_does_not_fit_is_refused()
    {
        Assert.True(double.IsNaN(new SeedStability().Measure(_ => ones(1, 4))[0].Correlation));
        Assert.Throws<ArgumentException>(() => new SeedStability([1]));
        Assert.StartsWith("A seed comes twice", Assert.Throws<ArgumentException>(() => new SeedStability([1, 2, 1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SeedStability().Measure(seed => ones(1, 4 + seed)));
    }
}

using Iba.Tests;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class SensitivityNTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly LinearRows _linear = new();

    public void Dispose()
    {
        _linear.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Gradient_times_input_of_a_linear_network_correlates_by_1(int tile)
    {
        var map = (_linear.Inputs * _linear.Gradient).sum([1L]);
        var found = new SensitivityN(tile) { SetsPerSize = 20 }.Measure(_linear.Rows, map);
        Assert.All(found, row => Assert.All(row.Correlations, correlation => Assert.Equal(1, correlation, 1e-5)));
        Assert.All(found, row => Assert.Equal(1, row.Mean, 1e-5));
        Assert.All(SensitivityNCorrelations.Pooled(found), correlation => Assert.Equal(1, correlation, 1e-5));
        Assert.All(new SensitivityN(tile) { SetsPerSize = 20 }.Measure(_linear.Rows, -map), row => Assert.Equal(-1, row.Mean, 1e-5));
    }

    [Fact]
    public void Sizes_are_evenly_spaced_by_their_logarithms_and_none_comes_twice()
    {
        using var module = nn.Sequential(("flatten", nn.Flatten()), ("linear", nn.Linear(1024, 2))).Seeded();
        using var network = new ModuleNetwork(module, [1, 32, 32], OutputKind.Logits);
        using var rows = new EvaluationRows(network, [Toy.Random([1, 1, 32, 32])]);
        var found = new SensitivityN { SetsPerSize = 3 }.Measure(rows, Toy.Random([1, 32, 32], seed: 2))[0];
        // 819.2 to the power of 0, 1/15, 2/15 ... 1; the second and the third round to 2.
        Assert.Equal([1, 2, 4, 6, 9, 15, 23, 36, 56, 88, 137, 214, 335, 524, 819], found.Sizes);
    }

    [Fact]
    public void The_seed_decides_the_sets_and_rows_share_them()
    {
        var first = new SensitivityN { SetsPerSize = 5, Sizes = [3, 9] }.Measure(_linear.Rows, _linear.Truth);
        var same = new SensitivityN { SetsPerSize = 5, Sizes = [3, 9] }.Measure(_linear.Rows, _linear.Truth);
        var other = new SensitivityN { SetsPerSize = 5, Sizes = [3, 9], Seed = 1 }.Measure(_linear.Rows, _linear.Truth);
        Assert.Equal(first[1].Losses, same[1].Losses);
        Assert.NotEqual(first[1].Losses, other[1].Losses);
        var ones = new SensitivityN { SetsPerSize = 5, Sizes = [3, 9] }.Measure(_linear.Rows, ones_like(_linear.Truth));
        // Sets are drawn without repetition.
        Assert.All(ones, row => Assert.Equal([3.0, 9.0], row.Relevance.Select(sums => sums.Distinct().Single())));
        Assert.All(ones, row => Assert.All(row.Correlations, correlation => Assert.True(double.IsNaN(correlation))));
        Assert.True(double.IsNaN(ones[0].Mean));
    }

    [Fact]
    public void A_row_that_cannot_be_judged_is_not_pooled()
    {
        var metric = new SensitivityN { SetsPerSize = 10, Sizes = [4] };
        var map = _linear.Truth;
        map[0, 0, 0] = float.NaN;
        var found = metric.Measure(_linear.Rows, map);
        Assert.True(double.IsNaN(found[0].Correlations[0]));
        Assert.Equal(SensitivityNCorrelations.Pooled(found.Skip(1)), SensitivityNCorrelations.Pooled(found));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new SensitivityN { SetsPerSize = 2 }.Measure(_linear.Rows, _linear.Truth));
        Assert.Throws<ArgumentException>(() => new SensitivityN { Sizes = [] }.Measure(_linear.Rows, _linear.Truth));
        Assert.Throws<ArgumentException>(() => new SensitivityN { IndexSets = [] }.Measure(_linear.Rows, _linear.Truth));
        Assert.Throws<ArgumentException>(() => new SensitivityN { Sizes = [37] }.Measure(_linear.Rows, _linear.Truth));
        var index = Assert.Throws<ArgumentException>(() => new SensitivityN { IndexSets = [[[0], [1], [36]]] }.Measure(_linear.Rows, _linear.Truth));
        Assert.StartsWith("IndexSets holds 36; there are 36 tiles: allowed are 0 to 35.", index.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SensitivityN { IndexSets = [[[0], [1], [2, 3]]] }.Measure(_linear.Rows, _linear.Truth));
        Assert.Throws<ArgumentException>(() => SensitivityNCorrelations.Pooled([]));
    }
}

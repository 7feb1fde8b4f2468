using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class EvaluationRowsTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly LinearRows _linear = new();

    public void Dispose()
    {
        _linear.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Targets_and_probabilities_are_the_networks()
    {
        var probabilities = nn.functional.softmax(_linear.Inputs.flatten(1).matmul(_linear.Weights.t()), 1);
        using var predicted = new EvaluationRows(_linear.Network, [_linear.Inputs]);
        Assert.Equal(probabilities.argmax(1).data<long>().ToArray(), predicted.Targets);
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(probabilities[row].max().item<float>(), predicted.Probabilities[row], 1e-6);
            Assert.Equal(probabilities[row, 1].item<float>(), _linear.Rows.Probabilities[row], 1e-6);
        }
    }

    [Fact]
    public void A_class_that_does_not_exist_makes_NaN_of_its_row_alone()
    {
        var request = new AttributionRequest { Target = ExplanationTarget.Label, Labels = tensor(new long[] { 0, 2, 1 }) };
        using var rows = new EvaluationRows(_linear.Network, [_linear.Inputs], request);
        Assert.Equal([0, -1, 1], rows.Targets);
        Assert.True(double.IsNaN(rows.Probabilities[1]));
        var found = new InsertionDeletion { InsertInto = PixelFill.Zero }.Measure(rows, _linear.Truth);
        Assert.Equal([false, true, false], found.Select(row => double.IsNaN(row.DeletionArea)));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new EvaluationRows(_linear.Network, [zeros(3, 2, 5, 6)]));
        Assert.Throws<ArgumentException>(() => new EvaluationRows(_linear.Network, [_linear.Inputs], input: "none"));
        Assert.Throws<ArgumentException>(() => new EvaluationRows(_linear.Network, [_linear.Inputs], new AttributionRequest { ChannelDimension = 4 }));
        var labels = Assert.Throws<ArgumentException>(
            () => new EvaluationRows(_linear.Network, [_linear.Inputs], new AttributionRequest { Target = ExplanationTarget.Label }));
        Assert.Contains("Int64 [3]", labels.Message, StringComparison.Ordinal);
        using var masked = new EvaluationRows(_linear.Network, [_linear.Inputs], new AttributionRequest { Mask = ones(3, 6, 6, dtype: ScalarType.Bool) });
        Assert.Throws<ArgumentException>(() => new DegradationTest(2).Measure(masked, _linear.Truth));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new EvaluationRows(_linear.Network, [_linear.Inputs], new AttributionRequest { Execution = new() { RowsPerPass = 0 } }));
    }

    [Fact]
    public void Passes_and_memory_change_nothing_but_rounding()
    {
        var expected = new DegradationTest(1).Measure(_linear.Rows, _linear.Truth);
        var request = new AttributionRequest { Target = ExplanationTarget.Class(1), Execution = new() { RowsPerPass = 5, MemoryBudget = 100_000 } };
        using var rows = new EvaluationRows(_linear.Network, [_linear.Inputs], request);
        var found = new DegradationTest(1).Measure(rows, _linear.Truth);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.IntegralUnnormalized, pair.Second.IntegralUnnormalized, 1e-6));
    }
}

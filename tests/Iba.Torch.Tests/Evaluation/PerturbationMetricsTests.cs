using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Infidelity and max-sensitivity where their values can be written down.</summary>
public sealed class PerturbationMetricsTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly LinearRows _linear = new();

    public void Dispose()
    {
        _linear.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void The_gradient_of_a_linear_network_is_without_infidelity()
    {
        var exact = new Infidelity(count: 20).Measure(_linear.Rows, _linear.Gradient);
        Assert.All(exact, row => Assert.InRange(row.Value, 0, 1e-9));
        var half = new Infidelity(count: 20).Measure(_linear.Rows, _linear.Gradient * 0.5);
        var nothing = new Infidelity(count: 20).Measure(_linear.Rows, zeros_like(_linear.Gradient));
        for (int row = 0; row < 3; row++)
        {
            // Half a gradient leaves half of each loss, whose square is a quarter.
            Assert.Equal(nothing[row].Value / 4, half[row].Value, 1e-5);
            Assert.InRange(half[row].Normalized, 0, 1e-9);
            Assert.Equal(nothing[row].Value, nothing[row].Normalized, 1e-12);
            Assert.True(nothing[row].Value > 0.1);
        }
    }

    [Fact]
    public void A_maps_value_holds_for_every_channel()
    {
        var map = Toy.Random([3, 6, 6], seed: 8);
        var found = new Infidelity(count: 20).Measure(_linear.Rows, map);
        Assert.Equal(new Infidelity(count: 20).Measure(_linear.Rows, map.unsqueeze(1).expand(3, 2, 6, 6)), found);
        Assert.NotEqual(new Infidelity(count: 20) { Seed = 1 }.Measure(_linear.Rows, map), found);
        map[1, 0, 0] = float.NaN;
        Assert.Equal([false, true, false], new Infidelity(count: 20).Measure(_linear.Rows, map).Select(row => double.IsNaN(row.Value)));
    }

    [Fact]
    public void An_explanation_that_is_the_input_moves_as_far_as_the_input()
    {
        var found = new MaxSensitivity(radius: 0.1, count: 5).Measure(_linear.Inputs, moved => moved.clone());
        for (int row = 0; row < 3; row++)
        {
            // 72 values, each within 0.1.
            Assert.InRange(found[row].Unnormalized, 0.1 * Math.Sqrt(72 / 3.0) * 0.8, 0.1 * Math.Sqrt(72));
            double norm = _linear.Inputs[row].to(float64).square().sum().sqrt().item<double>();
            Assert.Equal(found[row].Unnormalized / norm, found[row].Value, 1e-12);
        }
    }

    [Fact]
    public void A_constant_explanation_does_not_move_and_one_of_zeros_has_no_size()
    {
        Assert.All(new MaxSensitivity().Measure(_linear.Inputs, _ => ones(3, 4)), row => Assert.Equal(new SensitivityScores(0, 0), row));
        Assert.All(new MaxSensitivity().Measure(_linear.Inputs, _ => zeros(3, 4)), row => Assert.True(double.IsNaN(row.Value)));
        Assert.All(new MaxSensitivity().Measure(_linear.Inputs, _ => full([3, 4], float.NaN)), row => Assert.True(double.IsNaN(row.Value) && double.IsNaN(row.Unnormalized)));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Infidelity().Measure(_linear.Rows, zeros(3, 5, 6)));
        Assert.Throws<ArgumentException>(() => Infidelity.Measure(_linear.Rows, _linear.Gradient, zeros([3, 4, 2, 6, 5])));
        Assert.Throws<ArgumentException>(() => MaxSensitivity.Measure(_linear.Inputs, zeros([3, 0, 2, 6, 6]), moved => moved.clone()));
        Assert.Throws<ArgumentException>(() => new MaxSensitivity().Measure(_linear.Inputs, _ => zeros(2, 4)));
        Assert.Throws<ArgumentException>(() => new MaxSensitivity().Measure(zeros([3, 4], ScalarType.Int64), moved => moved.clone()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MaxSensitivity(radius: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Infidelity(count: 0));
    }
}

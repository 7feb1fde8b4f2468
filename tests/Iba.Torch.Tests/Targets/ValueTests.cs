using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>The value of a regression.</summary>
public sealed class ValueTests : IDisposable
{
    private static readonly long[] Row = [2, 4, 4];

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_loss_is_the_square_of_the_deviation_in_tolerances()
    {
        var clean = tensor(new float[] { 3, -1, 5, 2 }).view(2, 2);
        var versions = tensor(new float[] { 3, 7, 3, -1, 5, 2.5f, 5, 1 }).view(2, 2, 2);
        var answers = Answers.Of(ExplanationTarget.Value(1, 0.5), clean, versions);
        Answers.AssertNear([128, 0, 0.5, 2], answers.Loss);
        Answers.AssertNear([7, -1, 2.5, 1], answers.Score);
        Answers.AssertNear([3, 7, 3, -1, 5, 2.5, 5, 1], answers.Report);
        Assert.Equal([1, 1], answers.Targets);
    }

    [Fact]
    public void A_single_output_needs_no_word_about_its_kind()
    {
        using var gradient = new GradientTimesInput();
        var weights = Toy.Random([32], seed: 4);
        var network = new ToyNetwork(features => features.flatten(1).matmul(weights.unsqueeze(1)), OutputKind.Auto);
        var features = Toy.Random([3, .. Row]);
        using var found = Linear.Explain(gradient, network, features, new() { Target = ExplanationTarget.Value() });
        found.ThrowIfFailed();
        Toy.AssertClose((features * weights.view(Row)).sum([1L]), found.Map);
        Assert.Equal([3, 1], found.Probabilities.shape);
        Toy.AssertClose(features.flatten(1).matmul(weights), found.Probabilities.squeeze(1));
    }

    // The right half does not reach the output: nothing of it is needed.
    [Fact]
    public void What_the_network_ignores_gets_no_bits()
    {
        using var statistics = Toy.Statistics(Row);
        using var bottleneck = new PerSampleBottleneck(statistics, new() { Beta = 1, Sigma = 0 });
        var network = new ToyNetwork(features => features[.., .., .., ..2].flatten(1).sum([1]).unsqueeze(1), OutputKind.Auto);
        using var found = (BottleneckResult)Linear.Explain(bottleneck, network, Toy.Random([4, .. Row], seed: 9), new() { Target = ExplanationTarget.Value(0, tolerance: 0.5) });
        found.ThrowIfFailed();
        double left = Toy.Total(found.Map[.., .., ..2]), right = Toy.Total(found.Map[.., .., 2..]);
        Assert.True(left > 20, $"{left} bits");
        Assert.True(right < 0.01 * left, $"{right} bits where the network does not look, {left} where it does");
        Toy.AssertClose(found.Probabilities, found.ProbabilitiesWithBottleneck, 0.5);
    }

    [Fact]
    public void A_wider_tolerance_needs_fewer_bits()
    {
        using var statistics = Toy.Statistics(Row);
        using var bottleneck = new PerSampleBottleneck(statistics, new() { Beta = 5 });
        double[] bits = [.. new[] { 0.1, 0.5, 4 }.Select(Bits)];
        Assert.True(bits[0] > 1.2 * bits[1] && bits[1] > 1.2 * bits[2], string.Join(", ", bits));

        double Bits(double tolerance)
        {
            using var found = Linear.Explain(bottleneck, Toy.Dense(Row), Toy.Random([4, .. Row], seed: 9), new() { Target = ExplanationTarget.Value(2, tolerance) });
            return Toy.Total(found.Map);
        }
    }

    [Fact]
    public void A_tolerance_that_nobody_gave_is_a_tenth_of_the_deviation()
    {
        Assert.Equal("value [1,0.25]", ExplanationTarget.Value(1).WithScale([1, 2.5]).Name);
        var given = ExplanationTarget.Value(1, 3);
        Assert.Same(given, given.WithScale([1, 2.5]));
        Assert.Contains("no tolerance can be told", Assert.Throws<ArgumentException>(() => ExplanationTarget.Value().WithScale([0])).Message, StringComparison.Ordinal);
        using var statistics = Toy.Statistics(Row);
        using var bottleneck = new PerSampleBottleneck(statistics);
        var failure = Assert.Throws<InvalidOperationException>(() => Linear.Explain(bottleneck, Toy.Dense(Row), Toy.Random([1, .. Row]), new() { Target = ExplanationTarget.Value() }));
        Assert.Contains("has no tolerance", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_have_names()
    {
        Assert.Equal("value [1,null]", ExplanationTarget.Value("age").WithNames(["height", "age"]).Name);
        Assert.Contains("there are 'height'", Assert.Throws<ArgumentException>(() => ExplanationTarget.Value("age").WithNames(["height"])).Message, StringComparison.Ordinal);
        Assert.Contains("set ClassNames", Assert.Throws<ArgumentException>(() => ExplanationTarget.Value("age").WithNames(null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_has_no_probability()
    {
        using var method = new FunctionMethod(pass => pass.LogProbabilities.sum([1L]).view(-1, 1, 1).expand(-1, 4, 4));
        var failure = Assert.Throws<InvalidOperationException>(() => new Linear(Row).Explain(method, new() { Target = ExplanationTarget.Value() }));
        Assert.Contains("is not about classes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_does_not_exist()
    {
        using var gradient = new Gradient();
        using var found = new Linear(Row).Explain(gradient, new() { Target = ExplanationTarget.Value(4) });
        Assert.Equal("its target 4 is no output of the network (0 to 3)", found.Failures[0].Reason);
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Questions of the user's own.</summary>
public sealed class CustomTargetTests : IDisposable
{
    private static readonly long[] Row = [2, 4, 4];

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_closure_gives_what_the_librarys_own_target_gives()
    {
        using var statistics = Toy.Statistics(Row);
        using var bottleneck = new PerSampleBottleneck(statistics, new() { Beta = 0.1 });
        var own = ExplanationTarget.Custom(
            "second-output", outputs => outputs.Values.select(2, 1), outputs => ((outputs.Values.select(2, 1) - outputs.Clean.select(1, 1).unsqueeze(1)) / 0.5).square() / 2);
        using var expected = Linear.Explain(bottleneck, Toy.Dense(Row), Toy.Random([2, .. Row]), new() { Target = ExplanationTarget.Value(1, 0.5) });
        using var found = Linear.Explain(bottleneck, Toy.Dense(Row), Toy.Random([2, .. Row]), new() { Target = own });
        found.ThrowIfFailed();
        Toy.AssertClose(expected.Map, found.Map, 1e-4);
        Toy.AssertClose(expected.Probabilities.select(1, 1), found.Probabilities.squeeze(1));
    }

    [Fact]
    public void Without_a_loss_it_is_how_much_the_score_falls()
    {
        var answers = Answers.Of(ExplanationTarget.Custom("sum", outputs => outputs.Values.sum([2L])), tensor(new float[] { 1, 2 }).view(1, 2), tensor(new float[] { 1, 1, 4, 4 }).view(1, 2, 2));
        Answers.AssertNear([1, -5], answers.Loss);
        Answers.AssertNear([2, 8], answers.Score);
        Answers.AssertNear([2, 8], answers.Report);
    }

    [Fact]
    public void Rows_bring_what_it_asks_for()
    {
        var target = ExplanationTarget.Custom("weighted", outputs => (outputs.Values * outputs.Column("Weights").unsqueeze(1)).sum([2L]), columns: "Weights");
        var request = new AttributionRequest { Columns = new Dictionary<string, Tensor> { ["Weights"] = tensor(new float[] { 1, 10, 100, 1000 }).view(2, 2) } };
        Answers.AssertNear([21, 4300], Answers.Of(target, tensor(new float[] { 1, 2, 3, 4 }).view(2, 2), request: request).Score);
        var other = ExplanationTarget.Custom("other", outputs => outputs.Column("Weights"));
        Assert.Contains("has no column 'Weights'", Assert.Throws<ArgumentException>(() => Answers.Of(other, ones(2, 2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_score_of_the_wrong_shape_is_named()
        => Assert.Contains(
            "The score of target 'flat' returned []; expected [2, 1]",
            Assert.Throws<InvalidOperationException>(() => Answers.Of(ExplanationTarget.Custom("flat", outputs => outputs.Values.sum()), ones(2, 2))).Message, StringComparison.Ordinal);

    [Fact]
    public void It_is_saved_once_it_is_registered()
    {
        var target = ExplanationTarget.Custom("registered-in-this-test", outputs => outputs.Values.sum([2L]));
        Assert.False(target.CanBeSaved);
        Assert.Throws<ArgumentException>(() => ExplanationTarget.Parse(target.Name));
        ExplanationTarget.Register(target.Name, () => target);
        Assert.True(target.CanBeSaved);
        Assert.Same(target, ExplanationTarget.Parse(target.Name));
        foreach (string taken in new[] { "label", "class", "value of mine", "contrast" }) Assert.Throws<ArgumentException>(() => ExplanationTarget.Register(taken, () => target));
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Why one class and not another.</summary>
public sealed class ContrastTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_loss_is_of_the_difference_of_two_logits()
    {
        var logits = tensor(new float[] { 2, -1, 0.5f, 1, 1, 7 }).view(2, 3);
        foreach (var output in new[] { OutputKind.Logits, OutputKind.Probabilities })
        {
            var outputs = output == OutputKind.Logits ? logits : nn.functional.softmax(logits, 1);
            var answers = Answers.Of(ExplanationTarget.Contrast(0, 2), outputs, output: output);
            Answers.AssertNear([Math.Log(1 + Math.Exp(-1.5)), Math.Log(1 + Math.Exp(6))], answers.Loss);
            Answers.AssertNear([1.5, -6], answers.Score);
            Assert.Equal([0, 0], answers.Targets);
            Answers.AssertNear(Answers.Numbers(nn.functional.softmax(logits, 1)), answers.Report);
        }
    }

    [Fact]
    public void Rows_name_their_own_two_classes()
    {
        var logits = tensor(new float[] { 2, -1, 0.5f, 1, 1, 7, 0, 0, 0, 0, 0, 0 }).view(4, 3);
        var request = new AttributionRequest
        {
            Columns = new Dictionary<string, Tensor> { ["this"] = tensor(new long[] { 1, 2, 1, 0 }), ["not"] = tensor(new long[] { 0, 1, 1, 3 }) },
        };
        var answers = Answers.Of(ExplanationTarget.Contrast("this", "not"), logits, request: request, output: OutputKind.Logits);
        Answers.AssertNear([-3, 6, 0, 0], answers.Score);
        Assert.Equal([1, 2, 0, 0], answers.Targets);
        Assert.Equal([true, true, false, false], answers.Exist);
        Assert.Contains("are one class, or not both classes of the network (0 to 2)", answers.Question.Missing(1), StringComparison.Ordinal);
    }

    // The left half decides between class 0 and class 1, the right half between class 0 and class 2.
    [Fact]
    public void What_does_not_decide_between_the_two_gets_no_bits()
    {
        var network = new ToyNetwork(features =>
        {
            var left = features[.., .., .., ..2].flatten(1).mean([1]) * 6;
            var right = features[.., .., .., 2..].flatten(1).mean([1]) * 6;
            return stack([zeros_like(left), -left, -right], 1);
        });
        long[] row = [2, 4, 4];
        using var statistics = Toy.Statistics(row);
        using var bottleneck = new PerSampleBottleneck(statistics, new() { Beta = 0.5, Sigma = 0 });
        var (left, right) = Halves(ExplanationTarget.Contrast(0, 1));
        Assert.True(left > 1, $"{left} bits");
        Assert.True(right < 0.02 * left, $"{right} bits on the right, {left} on the left");
        (left, right) = Halves(ExplanationTarget.Class(0));
        Assert.True(right > 0.3 * left, $"{right} bits on the right, {left} on the left");

        (double Left, double Right) Halves(ExplanationTarget target)
        {
            using var result = Linear.Explain(bottleneck, network, full([1, .. row], 1.5f), new() { Target = target });
            result.ThrowIfFailed();
            return (Toy.Total(result.Map[.., .., ..2]), Toy.Total(result.Map[.., .., 2..]));
        }
    }

    [Fact]
    public void Another_loss_is_refused()
    {
        using var statistics = Toy.Statistics([2, 4, 4]);
        using var bottleneck = new PerSampleBottleneck(statistics, new() { Loss = BottleneckLoss.Margin });
        var linear = new Linear([2, 4, 4]);
        using var single = linear.Explain(bottleneck, new() { Target = ExplanationTarget.TopClasses(2) });
        single.ThrowIfFailed();
        var failure = Assert.Throws<ArgumentException>(() => linear.Explain(bottleneck, new() { Target = ExplanationTarget.Contrast(0, 1) }));
        Assert.Contains("Loss is 'margin', but target 'contrast [0,1]' has a loss of its own", failure.Message, StringComparison.Ordinal);
    }
}

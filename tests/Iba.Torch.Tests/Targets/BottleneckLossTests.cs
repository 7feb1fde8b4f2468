using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class BottleneckLossTests
{
    private static readonly long[] Row = [3, 4, 4];

    [Fact]
    public void Every_named_loss_is_found_by_its_name()
        => Assert.All(BottleneckLoss.All, loss => Assert.Same(loss, BottleneckLoss.Parse(loss.Name)));

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones()
        => Assert.Contains("cross-entropy, margin, divergence", Assert.Throws<ArgumentException>(() => BottleneckLoss.Parse("hinge")).Message);

    [Fact]
    public void A_class_that_is_impossible_adds_nothing_to_the_divergence_and_its_gradient()
    {
        using var scope = NewDisposeScope();
        var without = tensor(new float[] { 2, 1 }).view(1, 1, 2).requires_grad_();
        var with = tensor(new float[] { 2, 1, float.NegativeInfinity }).view(1, 1, 3).requires_grad_();
        var (expected, expectedGradient) = Divergence(without, tensor(new float[] { 0, 1 }).view(1, 2));
        var (found, gradient) = Divergence(with, tensor(new float[] { 0, 1, float.NegativeInfinity }).view(1, 3));
        Assert.Equal(expected, found, 1e-6f);
        Assert.Equal(expectedGradient, gradient[..2]);
        Assert.Equal(0, gradient[2]);

        static (float, float[]) Divergence(Tensor logits, Tensor clean)
        {
            var loss = BottleneckLoss.Divergence.Evaluate(nn.functional.log_softmax(logits, 2), zeros(1, dtype: ScalarType.Int64), nn.functional.log_softmax(clean, 1));
            loss.sum().backward();
            return (loss.item<float>(), logits.grad!.data<float>().ToArray());
        }
    }

    [Fact]
    public void Losses_have_the_values_of_their_formulas()
    {
        using var scope = NewDisposeScope();
        var logProbabilities = LogSoftmax([2, 1, 0, 0, 3, 1]).view(1, 2, 3);
        var clean = LogSoftmax([1, 1, 0]);
        var targets = zeros(1, dtype: ScalarType.Int64) + 1;
        Assert.Equal(Values(-logProbabilities[0, TensorIndex.Colon, 1]), Values(BottleneckLoss.CrossEntropy.Evaluate(logProbabilities, targets, clean)[0]));
        float[] margins = BottleneckLoss.Margin.Evaluate(logProbabilities, targets, clean).data<float>().ToArray();
        Assert.Equal(1, margins[0], 1e-5f);
        Assert.Equal(-2, margins[1], 1e-5f);
        var divergence = BottleneckLoss.Divergence.Evaluate(logProbabilities, targets, clean);
        Assert.Equal(Toy.Total(clean[0].exp() * (clean[0] - logProbabilities[0, 0])), divergence[0, 0].item<float>(), 1e-5);
        Assert.Equal(0, Toy.Total(BottleneckLoss.Divergence.Evaluate(clean.unsqueeze(1), targets, clean)), 1e-6);

        static Tensor LogSoftmax(float[] logits) => nn.functional.log_softmax(tensor(logits).view(-1, 3), 1);

        static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
    }

    [Fact]
    public void The_divergence_of_labels_is_the_sum_of_those_of_their_answers()
    {
        using var scope = NewDisposeScope();
        double[] before = [0.9, 0.2, 0.5], after = [0.6, 0.3, 0.5];
        double expected = before.Zip(after).Sum(pair => (pair.First * Math.Log(pair.First / pair.Second)) + ((1 - pair.First) * Math.Log((1 - pair.First) / (1 - pair.Second))));
        var found = BottleneckLoss.Divergence.EvaluateLabels(tensor(after).log().view(1, 1, 3), zeros(1, dtype: ScalarType.Int64), tensor(before).log().view(1, 3));
        Assert.Equal(expected, found.item<double>(), 1e-9);
    }

    [Fact]
    public void Each_loss_gives_its_own_map()
    {
        using var scope = NewDisposeScope();
        var own = BottleneckLoss.Custom((logProbabilities, targets, clean) => logProbabilities.exp().square().sum(2));
        float[][] maps = [.. BottleneckLoss.All.Append(own).Select(Map)];
        Assert.Equal(maps.Length, maps.DistinctBy(map => string.Join(" ", map)).Count());
    }

    [Fact]
    public void A_custom_loss_of_the_wrong_shape_is_named()
    {
        using var scope = NewDisposeScope();
        var wrong = BottleneckLoss.Custom((logProbabilities, targets, clean) => logProbabilities.sum());
        Assert.Contains("expected [2, 10]", Assert.Throws<InvalidOperationException>(() => Map(wrong)).Message);
    }

    private static float[] Map(BottleneckLoss loss)
    {
        using var scope = NewDisposeScope();
        using var statistics = Toy.Statistics(Row);
        using var result = Toy.Explain(Toy.Dense(Row), statistics, Toy.Random([2, .. Row]), new() { Loss = loss, Beta = 0.1 });
        result.ThrowIfFailed();
        return result.Capacity.data<float>().ToArray();
    }
}

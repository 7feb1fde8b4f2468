using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Classes over some places of a segmentation.</summary>
public sealed class RegionTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    /// <summary>Three classes on a field of 2 x 2; classes 0, 2, 2, 1 are predicted.</summary>
    private readonly Tensor _logits = tensor(new float[] { 4, 0, 1, 0, 1, 1, 0, 5, 0, 2, 3, 1 }).view(1, 3, 2, 2);

    public void Dispose() => _scope.Dispose();

    private static AttributionRequest Bringing(string name, float[] values, params long[] inputSize)
        => new() { Columns = new Dictionary<string, Tensor> { [name] = tensor(values).unsqueeze(0) }, InputSize = inputSize };

    [Fact]
    public void A_class_where_it_is_predicted()
    {
        var logarithms = nn.functional.log_softmax(_logits, 1).to_type(ScalarType.Float64);
        double loss = -(logarithms[0, 2, 0, 1].item<double>() + logarithms[0, 2, 1, 0].item<double>()) / 2;
        var answers = Answers.Of(ExplanationTarget.Region(2), _logits);
        Answers.AssertNear([loss], answers.Loss);
        Answers.AssertNear([2.5], answers.Score);
        Assert.Equal(Math.Exp(-loss), answers.Report[2], 1e-6);
        Assert.Equal([2], answers.Targets);
        var probabilities = Answers.Of(ExplanationTarget.Region(2), nn.functional.softmax(_logits, 1));
        Assert.Equal(OutputKind.Probabilities, probabilities.Question.Kind);
        Answers.AssertNear([loss], probabilities.Loss);
    }

    [Fact]
    public void The_places_stay_those_of_the_prediction_without_bottleneck()
        => Answers.AssertNear([3, 1], Answers.Of(ExplanationTarget.Region(0), _logits, stack([zeros(1, 3, 2, 2) + 3, zeros(1, 3, 2, 2) + 1], 1)).Score);

    [Fact]
    public void A_mask_of_the_outputs_size_or_the_inputs()
    {
        var small = Answers.Of(ExplanationTarget.Region("Mask"), _logits, request: Bringing("Mask", [1, 1, 1, 0]));
        Assert.Equal([2], small.Targets);
        Answers.AssertNear([5.0 / 3], small.Score);
        float[] large = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0];
        Answers.AssertNear(small.Loss, Answers.Of(ExplanationTarget.Region("Mask"), _logits, request: Bringing("Mask", large, 4, 4)).Loss);
        Assert.Equal([1], Answers.Of(ExplanationTarget.Region("Mask", 1), _logits, request: Bringing("Mask", large, 4, 4)).Targets);
        var failure = Assert.Throws<ArgumentException>(() => Answers.Of(ExplanationTarget.Region("Mask"), _logits, request: Bringing("Mask", [1, 1, 1], 4, 4)));
        Assert.Contains("has 3 values; expected one for each place of the output, [2, 2], or of the input, [4, 4]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_of_the_input()
    {
        var request = new AttributionRequest { InputSize = [8, 8] };
        var answers = Answers.Of(ExplanationTarget.RegionAt(3, 7), _logits, request: request);
        Assert.Equal([2], answers.Targets);
        Answers.AssertNear([3], answers.Score);
        Answers.AssertNear([5], Answers.Of(ExplanationTarget.RegionAt("At"), _logits, request: Bringing("At", [7, 7], 8, 8)).Score);
        Assert.Equal([false], Answers.Of(ExplanationTarget.RegionAt(8, 0), _logits, request: request).Exist);
    }

    [Fact]
    public void A_single_channel_is_the_second_of_two_classes()
    {
        var mask = tensor(new float[] { 0.9f, 0.2f, 0.8f, 0.1f }).view(1, 1, 2, 2);
        var answers = Answers.Of(ExplanationTarget.Region(1), mask, output: OutputKind.Probabilities);
        Answers.AssertNear([-Math.Log(0.9 * 0.8) / 2], answers.Loss);
        Answers.AssertNear([-Math.Log(0.8 * 0.9) / 2], Answers.Of(ExplanationTarget.Region(0), mask, output: OutputKind.Probabilities).Loss);
        Assert.Contains("single output", Assert.Throws<InvalidOperationException>(() => Answers.Of(ExplanationTarget.Region(1), mask)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_is_predicted_nowhere_is_the_rows_failure()
    {
        using var gradient = new Gradient();
        var network = new ToyNetwork(features => features.alias());
        using var found = Linear.Explain(gradient, network, cat([_logits, zeros_like(_logits)], 0), new() { Target = ExplanationTarget.Region(1) });
        Assert.Equal(new RowFailure(1, "the network predicts class 1 nowhere in it"), Assert.Single(found.Failures));
        Assert.Equal([0, 0, 0, 1], Answers.Numbers(found.Map[0].flatten()));
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Labels that do not exclude each other.</summary>
public sealed class LabelsTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _outputs = tensor(new[] { 0.9, 0.2, 0.6, 0.1, 0.2, 0.3 }).view(2, 3);

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_loss_of_several_labels_is_the_sum_of_theirs()
    {
        var answers = Answers.Of(ExplanationTarget.Labels(0, 1), _outputs, output: OutputKind.MultiLabel);
        Answers.AssertNear([-Math.Log(0.9 * 0.2), -Math.Log(0.1 * 0.2)], answers.Loss);
        Answers.AssertNear([Math.Log(0.9 * 0.2), Math.Log(0.1 * 0.2)], answers.Score);
        Assert.Equal([0, 1], answers.Targets);
        Answers.AssertNear([0.9, 0.2, 0.6, 0.1, 0.2, 0.3], answers.Report);
    }

    [Fact]
    public void Those_that_are_predicted()
    {
        var answers = Answers.Of(ExplanationTarget.PredictedLabels, _outputs, output: OutputKind.MultiLabel);
        Assert.Equal([true, false], answers.Exist);
        Assert.Equal(-Math.Log(0.9 * 0.6), answers.Loss[0], 1e-6);
        using var gradient = new Gradient();
        using var found = Linear.Explain(gradient, new ToyNetwork(features => features.flatten(1).alias(), OutputKind.MultiLabel), _outputs.view(2, 1, 3), new() { Target = ExplanationTarget.PredictedLabels });
        Assert.Contains("no label is meant", Assert.Single(found.Failures).Reason, StringComparison.Ordinal);
        Answers.AssertNear([1 / 0.9, 0, 1 / 0.6], Answers.Numbers(found.Map[0]));
    }

    [Fact]
    public void Those_of_a_column()
    {
        var request = new AttributionRequest { Columns = new Dictionary<string, Tensor> { ["Tags"] = tensor(new float[] { 0, 1, 0, 1, 0, 1 }).view(2, 3) } };
        Answers.AssertNear([-Math.Log(0.2), -Math.Log(0.1 * 0.3)], Answers.Of(ExplanationTarget.LabelsOf("Tags"), _outputs, request: request, output: OutputKind.MultiLabel).Loss);
        var wrong = new AttributionRequest { Columns = new Dictionary<string, Tensor> { ["Tags"] = ones(2, 4) } };
        var failure = Assert.Throws<ArgumentException>(() => Answers.Of(ExplanationTarget.LabelsOf("Tags"), _outputs, request: wrong, output: OutputKind.MultiLabel));
        Assert.Contains("Column 'Tags' has 4 values for a row; the network has 3 labels", failure.Message, StringComparison.Ordinal);
        Assert.Contains("needs Columns[\"Tags\"]", Assert.Throws<ArgumentException>(() => Answers.Of(ExplanationTarget.LabelsOf("Tags"), _outputs, output: OutputKind.MultiLabel)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_that_exclude_each_other_are_none()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => Answers.Of(ExplanationTarget.Labels(0), _outputs, output: OutputKind.Logits));
        Assert.Contains("the network's outputs are Logits: set Output to MultiLabel", failure.Message, StringComparison.Ordinal);
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Vectors that are compared.</summary>
public sealed class EmbeddingTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _vectors = tensor(new float[] { 3, 4, 0, 2 }).view(2, 2);

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_loss_is_the_angle_to_the_vector_itself()
    {
        var versions = tensor(new float[] { 6, 8, -4, 3, 0, 1, 0, -1 }).view(2, 2, 2);
        var answers = Answers.Of(ExplanationTarget.Embedding, _vectors, versions);
        Answers.AssertNear([0, 10, 0, 20], answers.Loss);
        Answers.AssertNear([1, 0, 1, -1], answers.Report);
        Answers.AssertNear([10, 0, 1, -1], answers.Score);
        Assert.Equal(OutputKind.Values, answers.Question.Kind);
    }

    [Fact]
    public void Or_to_another_vector()
    {
        var request = new AttributionRequest { Columns = new Dictionary<string, Tensor> { ["Vector"] = tensor(new float[] { 1, 0, 0, 5 }).view(2, 2) } };
        var answers = Answers.Of(ExplanationTarget.SimilarTo("Vector"), _vectors, request: request);
        Answers.AssertNear([4, 0], answers.Loss);
        Answers.AssertNear([0.6, 1], answers.Score);
        var wrong = new AttributionRequest { Columns = new Dictionary<string, Tensor> { ["Vector"] = ones(2, 3) } };
        var failure = Assert.Throws<ArgumentException>(() => Answers.Of(ExplanationTarget.SimilarTo("Vector"), _vectors, request: wrong));
        Assert.Contains("has 3 values for a row; the network's vectors have 2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vector_of_zeros_has_no_direction()
    {
        using var gradient = new Gradient();
        using var found = Linear.Explain(gradient, new ToyNetwork(features => features.flatten(1).alias()), tensor(new float[] { 1, 2, 0, 0 }).view(2, 1, 2), new() { Target = ExplanationTarget.Embedding });
        Assert.Contains("which has no direction", Assert.Single(found.Failures).Reason, StringComparison.Ordinal);
        Answers.AssertNear([1 / Math.Sqrt(5), 2 / Math.Sqrt(5)], Answers.Numbers(found.Map[0]));
    }
}

using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Outputs that a target does not fit are refused with those that do.</summary>
public sealed class TargetShapesTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Places_fit_regions()
    {
        string message = Refusal(ExplanationTarget.PredictedClass, ones(2, 5, 6, 7));
        Assert.Contains("returned [2, 5, 6, 7] for 2 rows; expected [2, classes]", message, StringComparison.Ordinal);
        Assert.Contains("Targets that fit outputs [2, 5, 6, 7]: Region, or one of your own (Custom).", message, StringComparison.Ordinal);
        Assert.Contains("it is about one of a few numbers for each row, [N, outputs]. Targets that fit", Refusal(ExplanationTarget.Value(), ones(2, 5, 6, 7)), StringComparison.Ordinal);
    }

    [Fact]
    public void Boxes_fit_their_layouts()
    {
        Assert.Contains("Box(BoxLayout.Yolo5), Box(BoxLayout.Yolo8), Box(BoxLayout.Ssd)", Refusal(ExplanationTarget.Region(0), ones(2, 84, 100)), StringComparison.Ordinal);
        Assert.Contains("Targets that fit outputs [2, 84, 3]: Box(BoxLayout.Yolo8), or", Refusal(ExplanationTarget.Box(BoxLayout.Ssd), ones(2, 84, 3)), StringComparison.Ordinal);
    }

    [Fact]
    public void Vectors_fit_classes_values_and_embeddings()
        => Assert.Contains("Targets that fit outputs [2, 5]: PredictedClass, Value, Embedding, or", Refusal(ExplanationTarget.Region(0), ones(2, 5)), StringComparison.Ordinal);

    private static string Refusal(ExplanationTarget target, Tensor outputs) => Assert.Throws<InvalidOperationException>(() => Answers.Of(target, outputs)).Message;
}

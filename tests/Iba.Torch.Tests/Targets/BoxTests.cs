using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>A box of a detector, in the layouts that exporters write.</summary>
public sealed class BoxTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    /// <summary>Three boxes of two classes: centre, size, object, classes.</summary>
    private readonly Tensor _yolo5 = tensor(new float[]
    {
        10, 10, 4, 4, 0.9f, 0.1f, 0.5f,
        20, 20, 8, 4, 0.8f, 0.9f, 0.2f,
        21, 20, 8, 4, 0.3f, 0.2f, 0.9f,
    }).view(1, 3, 7);

    public void Dispose() => _scope.Dispose();

    private Tensor Yolo8 => cat([_yolo5.narrow(2, 0, 4), _yolo5.narrow(2, 4, 1) * _yolo5.narrow(2, 5, 2)], 2).transpose(1, 2);

    private static AttributionRequest Given(params float[] box) => new() { Columns = new Dictionary<string, Tensor> { ["Box"] = tensor(box).unsqueeze(0) } };

    [Fact]
    public void The_best_box()
    {
        foreach (var (layout, outputs) in new[] { (BoxLayout.Yolo5, _yolo5), (BoxLayout.Yolo8, Yolo8) })
        {
            var answers = Answers.Of(ExplanationTarget.Box(layout), outputs);
            Answers.AssertNear([-Math.Log(0.72)], answers.Loss);
            Answers.AssertNear([Math.Log(0.72)], answers.Score);
            Answers.AssertNear([0.72, 0.16], answers.Report);
            Assert.Equal([0], answers.Targets);
            Answers.AssertNear([16, 18, 24, 22], Answers.Numbers(answers.Question.Boxes));
            Assert.Equal(OutputKind.MultiLabel, answers.Question.Kind);
        }
    }

    [Fact]
    public void The_box_that_overlaps_most()
    {
        var target = ExplanationTarget.Box(BoxLayout.Yolo5, "Box");
        var second = Answers.Of(target, _yolo5, request: Given(17, 18, 25, 22));
        Answers.AssertNear([-Math.Log(0.27)], second.Loss);
        Assert.Equal([1], second.Targets);
        Answers.AssertNear([17, 18, 25, 22], Answers.Numbers(second.Question.Boxes));
        Answers.AssertNear([-Math.Log(0.45)], Answers.Of(target, _yolo5, request: Given(7, 7, 11, 11)).Loss);
        Assert.Equal([false], Answers.Of(target, _yolo5, request: Given(90, 90, 95, 95)).Exist);
    }

    // Boxes move under noise: it is the same one that is looked at.
    [Fact]
    public void The_box_stays_the_same_under_the_bottleneck()
    {
        var other = _yolo5.clone();
        other[0, 0, 4] = 1;
        other[0, 0, 6] = 1;
        other[0, 1, 4] = 0.1f;
        Answers.AssertNear([-Math.Log(0.09)], Answers.Of(ExplanationTarget.Box(BoxLayout.Yolo5), _yolo5, other.unsqueeze(1)).Loss);
    }

    [Fact]
    public void Its_place_is_kept_in_tenths_of_its_sides()
    {
        var moved = _yolo5.clone();
        moved[0, 1, 0] = 20.8f;
        moved[0, 1, 1] = 19.6f;
        double expected = -Math.Log(0.72) + (2 * 0.5 * 1) + (2 * 0.5 * 1);
        Answers.AssertNear([expected], Answers.Of(ExplanationTarget.Box(BoxLayout.Yolo5, keepsPlace: true), _yolo5, moved.unsqueeze(1)).Loss, 1e-4);
        Answers.AssertNear([-Math.Log(0.72)], Answers.Of(ExplanationTarget.Box(BoxLayout.Yolo5), _yolo5, moved.unsqueeze(1)).Loss);
    }

    [Fact]
    public void Classes_of_an_SSD_exclude_each_other_and_the_first_is_none()
    {
        var logits = tensor(new float[] { 0, 0, 4, 4, 6, 1, 0, 2, 2, 5, 6, 1, 0, 3 }).view(1, 2, 7);
        var answers = Answers.Of(ExplanationTarget.Box(BoxLayout.Ssd), logits);
        double loss = Math.Log(Math.Exp(1) + 1 + Math.Exp(3)) - 3;
        Answers.AssertNear([loss], answers.Loss);
        Assert.Equal([2], answers.Targets);
        Answers.AssertNear([2, 2, 5, 6], Answers.Numbers(answers.Question.Boxes));
        var probabilities = cat([logits.narrow(2, 0, 4), nn.functional.softmax(logits.narrow(2, 4, 3), 2)], 2);
        Answers.AssertNear([loss], Answers.Of(ExplanationTarget.Box(BoxLayout.Ssd), probabilities).Loss);
    }

    [Fact]
    public void Scores_outside_of_0_to_1_are_logits()
    {
        var logits = Yolo8.clone();
        logits[0, 4, 1] = 2;
        var answers = Answers.Of(ExplanationTarget.Box(BoxLayout.Yolo8), logits);
        Answers.AssertNear([Math.Log(1 + Math.Exp(-2))], answers.Loss);
        Assert.Equal(OutputKind.Logits, answers.Question.Kind);
    }

    [Fact]
    public void A_result_tells_the_box()
    {
        using var gradient = new Gradient();
        var network = new ToyNetwork(features => features.reshape(-1, 3, 7), OutputKind.Auto);
        using var found = Linear.Explain(gradient, network, cat([_yolo5, _yolo5], 0).view(2, 1, 21), new() { Target = ExplanationTarget.Box(BoxLayout.Yolo5), Execution = new() { RowsPerPass = 1 } });
        found.ThrowIfFailed();
        Answers.AssertNear([16, 18, 24, 22, 16, 18, 24, 22], Answers.Numbers(found.Boxes));
        double[] slopes = Answers.Numbers(found.Map[0]);
        Assert.Equal([11, 12], Enumerable.Range(0, 21).Where(index => slopes[index] != 0));
        using var classes = new Linear([2, 4, 4]).Explain(gradient);
        Assert.Equal([3, 0], classes.Boxes.shape);
    }
}

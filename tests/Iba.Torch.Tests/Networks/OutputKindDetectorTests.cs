using static TorchSharp.torch;

namespace Iba.Torch.Tests;

public sealed class OutputKindDetectorTests
{
    [Fact]
    public void Rows_of_a_softmax_are_probabilities()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(OutputKind.Probabilities, OutputKindDetector.Detect((Toy.Random([6, 5]) * 20).softmax(1)));
        Assert.Equal(OutputKind.Probabilities, OutputKindDetector.Detect(Toy.Random([6, 1000]).softmax(1).to_type(ScalarType.Float16)));
    }

    [Fact]
    public void Everything_else_is_logits()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(OutputKind.Logits, OutputKindDetector.Detect(Toy.Random([6, 5])));
        Assert.Equal(OutputKind.Logits, OutputKindDetector.Detect(Toy.Random([6, 5]).log_softmax(1)));
        Assert.Equal(OutputKind.Logits, OutputKindDetector.Detect(Toy.Random([6, 5]).softmax(1) * 1.01));
        Assert.Equal(OutputKind.Logits, OutputKindDetector.Detect(Toy.Random([1, 5]) - Toy.Random([1, 5]).mean() + 0.2));
    }

    [Fact]
    public void Rows_that_are_not_finite_do_not_count()
    {
        using var scope = NewDisposeScope();
        var outputs = Toy.Random([3, 5]).softmax(1);
        outputs[1, 2] = float.NaN;
        Assert.Equal(OutputKind.Probabilities, OutputKindDetector.Detect(outputs));
        Assert.Equal(OutputKind.Auto, OutputKindDetector.Detect(outputs[1..2]));
    }

    [Fact]
    public void A_single_output_is_not_guessed()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<InvalidOperationException>(() => OutputKindDetector.Detect(Toy.Random([4, 1]).sigmoid()));
        var error = Assert.Throws<InvalidOperationException>(() => OutputKindDetector.Detect(Toy.Random([4, 1]) * 5));
        Assert.Contains("Set the option Output to Logits", error.Message);
        Assert.Contains("or Probabilities", error.Message);
    }
}

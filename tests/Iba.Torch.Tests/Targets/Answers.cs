using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>What a target asks of a tail that hands its features on as outputs. Tensors belong to the dispose scope around the call.</summary>
/// <param name="question">The question.</param>
/// <param name="versions">The outputs of K versions of each row, <c>[N, K, ...]</c>.</param>
internal sealed class Answers(TargetQuestion question, Tensor versions)
{
    public TargetQuestion Question => question;

    /// <summary>Losses, <c>[N * K]</c>.</summary>
    public double[] Loss => Numbers(question.Loss(question.Read(versions, TailMode.Plain), BottleneckLoss.CrossEntropy));

    /// <summary>Scores, <c>[N * K]</c>.</summary>
    public double[] Score => Numbers(question.Score(versions, TailMode.Plain));

    /// <summary>What is reported of the versions, <c>[N * K * C]</c>.</summary>
    public double[] Report => Numbers(question.Report(question.Read(versions, TailMode.Plain)));

    public long[] Targets => question.Targets.data<long>().ToArray();

    public bool[] Exist => question.Exists.data<bool>().ToArray();

    /// <param name="target">The target.</param>
    /// <param name="outputs">The outputs of the rows as they are, <c>[N, ...]</c>.</param>
    /// <param name="versions">Those of versions; null: the rows as they are.</param>
    /// <param name="request">What rows bring.</param>
    /// <param name="output">What the outputs are.</param>
    public static Answers Of(ExplanationTarget target, Tensor outputs, Tensor? versions = null, AttributionRequest? request = null, OutputKind output = OutputKind.Auto)
    {
        var asked = (request ?? new()).With(target);
        if (asked.TargetObjection(outputs.shape[0]) is { } objection) throw new ArgumentException(objection);
        var kept = new Activation(outputs.alias(), []);
        return new Answers(target.Ask(new TailClassifier(new ToyNetwork(features => features.alias(), output), output), kept, asked), versions ?? outputs.unsqueeze(1));
    }

    public static double[] Numbers(Tensor tensor) => tensor.to_type(ScalarType.Float64).contiguous().data<double>().ToArray();

    public static void AssertNear(double[] expected, double[] found, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Length, found.Length);
        foreach (var (wanted, value) in expected.Zip(found)) Assert.Equal(wanted, value, tolerance);
    }
}

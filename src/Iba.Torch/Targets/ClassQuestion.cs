using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A question about one of a network's classes in each row.</summary>
/// <param name="tail">The tail.</param>
/// <param name="activation">What the head computed for the rows.</param>
/// <param name="clean">Log-probabilities of the rows as they are, <c>[N, classes]</c>.</param>
/// <param name="asked">The classes, int64 <c>[N]</c>; they need not exist.</param>
internal class ClassQuestion(TailClassifier tail, Activation activation, Tensor clean, Tensor asked) : TargetQuestion(tail, activation)
{
    /// <summary>Whether <see cref="TargetQuestion.Targets"/> are all that is asked.</summary>
    public virtual bool IsOfOneClass => true;

    /// <inheritdoc/>
    public override Tensor Clean => clean;

    /// <inheritdoc/>
    public override Tensor Asked => asked;

    /// <inheritdoc/>
    public override Tensor Read(Tensor features, TailMode mode) => Tail.LogProbabilities(features, Activation, mode);

    /// <inheritdoc/>
    public override Tensor Loss(Tensor reading, BottleneckLoss loss)
        => Tail.IsMultiLabel ? loss.EvaluateLabels(reading, Targets, Clean) : loss.Evaluate(reading, Targets, Clean);

    /// <inheritdoc/>
    public override Tensor Score(Tensor features, TailMode mode) => Tail.Scores(features, Activation, Targets, mode);
}

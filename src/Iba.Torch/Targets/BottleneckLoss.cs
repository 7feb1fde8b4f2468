using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The model's loss under the bottleneck: how a target that is a single class is kept (the first term of Schulz et al. 2020, equation 5). Other targets
/// (<see cref="ExplanationTarget"/>) have a loss of their own.
/// </summary>
public abstract class BottleneckLoss
{
    private protected BottleneckLoss(string name) => Name = name;

    /// <summary>The name by which <see cref="Parse"/> finds the loss, so that it can be saved.</summary>
    public string Name { get; }

    /// <summary>Keep the target's probability (the paper's loss): <c>-log p(target)</c>. Name "cross-entropy".</summary>
    public static BottleneckLoss CrossEntropy { get; } = new CrossEntropyLoss();

    /// <summary>
    /// Keep the target ahead of the strongest other class: the difference of their logits, negated. Not bounded below, so it also keeps
    /// what makes a sure prediction surer. Name "margin".
    /// </summary>
    public static BottleneckLoss Margin { get; } = new MarginLoss();

    /// <summary>
    /// Keep the whole distribution over classes: the Kullback-Leibler divergence from the prediction without bottleneck (of
    /// <see cref="OutputKind.MultiLabel"/>: the sum of those of all labels). Ignores the target. Name "divergence".
    /// </summary>
    public static BottleneckLoss Divergence { get; } = new DivergenceLoss();

    /// <summary>The losses that have a name.</summary>
    public static IReadOnlyList<BottleneckLoss> All { get; } = [CrossEntropy, Margin, Divergence];

    /// <summary>The loss of a name.</summary>
    /// <param name="name">A name out of <see cref="All"/>.</param>
    /// <exception cref="ArgumentException">There is no loss of that name.</exception>
    public static BottleneckLoss Parse(string name)
        => All.FirstOrDefault(loss => loss.Name == name)
            ?? throw new ArgumentException(
                $"No loss is named '{name}'; there are {string.Join(", ", All.Select(loss => loss.Name))}.", nameof(name));

    /// <summary>A loss of your own. It has no name to be saved by: <see cref="Parse"/> does not find it.</summary>
    /// <param name="function">
    /// Takes log-probabilities under the bottleneck <c>[N, K, classes]</c>, targets int64 <c>[N]</c> and log-probabilities without
    /// bottleneck <c>[N, classes]</c>; returns <c>[N, K]</c>, differentiable, each value from its own row alone.
    /// </param>
    public static BottleneckLoss Custom(Func<Tensor, Tensor, Tensor, Tensor> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new CustomLoss(function);
    }

    /// <summary>The loss of every row and noise copy, <c>[N, K]</c>.</summary>
    internal abstract Tensor Evaluate(Tensor logProbabilities, Tensor targets, Tensor clean);

    /// <summary>The same for labels that do not exclude each other: the probabilities of a row need not sum to 1.</summary>
    internal virtual Tensor EvaluateLabels(Tensor logProbabilities, Tensor targets, Tensor clean) => Evaluate(logProbabilities, targets, clean);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Tensor OfTarget(Tensor logProbabilities, Tensor targets)
        => logProbabilities.gather(2, targets.view(-1, 1, 1).expand(-1, logProbabilities.shape[1], 1)).squeeze(2);

    private sealed class CrossEntropyLoss() : BottleneckLoss("cross-entropy")
    {
        internal override Tensor Evaluate(Tensor logProbabilities, Tensor targets, Tensor clean)
            => OfTarget(logProbabilities, targets).neg();
    }

    private sealed class MarginLoss() : BottleneckLoss("margin")
    {
        internal override Tensor Evaluate(Tensor logProbabilities, Tensor targets, Tensor clean)
        {
            var isTarget = arange(clean.shape[1], device: clean.device).eq(targets.unsqueeze(1));
            var strongestOther = logProbabilities.masked_fill(isTarget.unsqueeze(1), double.NegativeInfinity).amax([2]);
            return strongestOther - OfTarget(logProbabilities, targets);
        }
    }

    private sealed class DivergenceLoss() : BottleneckLoss("divergence")
    {
        internal override Tensor Evaluate(Tensor logProbabilities, Tensor targets, Tensor clean)
        {
            // A class that is impossible weighs nothing, but 0 times infinity is NaN, and so is its gradient.
            var before = clean.unsqueeze(1);
            var impossible = before.isneginf();
            return (before.exp() * (before - logProbabilities).masked_fill(impossible, 0)).sum(2);
        }

        /// <summary>Each label is a distribution of its own over yes and no; their divergences add up.</summary>
        internal override Tensor EvaluateLabels(Tensor logProbabilities, Tensor targets, Tensor clean)
            => Evaluate(cat([logProbabilities, No(logProbabilities)], 2), targets, cat([clean, No(clean)], 1));

        private static Tensor No(Tensor logYes) => (1 - logYes.exp()).clamp_min(TailClassifier.MinProbability).log();
    }

    private sealed class CustomLoss(Func<Tensor, Tensor, Tensor, Tensor> function) : BottleneckLoss("custom")
    {
        internal override Tensor Evaluate(Tensor logProbabilities, Tensor targets, Tensor clean)
        {
            var loss = function(logProbabilities, targets, clean);
            long rows = logProbabilities.shape[0];
            long copies = logProbabilities.shape[1];
            return loss.shape is [var n, var k] && n == rows && k == copies
                ? loss
                : throw new InvalidOperationException(
                    $"The custom loss returned {Shapes.Format(loss.shape)}; expected [{rows}, {copies}], rows by noise copies.");
        }
    }
}

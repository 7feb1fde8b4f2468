using System.Globalization;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What is explained of each row: which of the network's classes.</summary>
public abstract class ExplanationTarget
{
    private protected ExplanationTarget(string name) => Name = name;

    /// <summary>The name by which <see cref="Parse"/> finds the target, so that it can be saved.</summary>
    public string Name { get; }

    /// <summary>The class that the network predicts for the row. Name "predicted-class".</summary>
    public static ExplanationTarget PredictedClass { get; } = new PredictedTarget();

    /// <summary>The class that the row's label names, see <see cref="AttributionRequest.Labels"/>. Name "label".</summary>
    public static ExplanationTarget Label { get; } = new LabelTarget();

    /// <summary>The same class in every row. Name "class 3".</summary>
    /// <param name="index">The class, counted from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    public static ExplanationTarget Class(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new ClassTarget(index);
    }

    /// <summary>The target of a name.</summary>
    /// <param name="name">What <see cref="Name"/> gave.</param>
    /// <exception cref="ArgumentException">There is no target of that name.</exception>
    public static ExplanationTarget Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == PredictedClass.Name) return PredictedClass;
        if (name == Label.Name) return Label;
        if (name.StartsWith(ClassTarget.Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(ClassTarget.Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            return Class(index);
        }

        throw new ArgumentException(
            $"No target is named '{name}'; there are {PredictedClass.Name}, {Label.Name}, and {ClassTarget.Prefix}0, {ClassTarget.Prefix}1 and so on.", nameof(name));
    }

    /// <summary>Whether the rows' labels are needed.</summary>
    internal virtual bool NeedsLabels => false;

    /// <summary>The class to explain in each row, int64 <c>[N]</c>; it need not exist.</summary>
    /// <param name="logProbabilities">The network's prediction, <c>[N, classes]</c>.</param>
    /// <param name="labels">int64 <c>[N]</c>; null: there are none.</param>
    internal abstract Tensor Resolve(Tensor logProbabilities, Tensor? labels);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private sealed class PredictedTarget() : ExplanationTarget("predicted-class")
    {
        internal override Tensor Resolve(Tensor logProbabilities, Tensor? labels) => logProbabilities.argmax(1);
    }

    private sealed class LabelTarget() : ExplanationTarget("label")
    {
        internal override bool NeedsLabels => true;

        internal override Tensor Resolve(Tensor logProbabilities, Tensor? labels) => labels!.to(logProbabilities.device);
    }

    private sealed class ClassTarget(int index) : ExplanationTarget(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index}"))
    {
        public const string Prefix = "class ";

        internal override Tensor Resolve(Tensor logProbabilities, Tensor? labels)
            => full([logProbabilities.shape[0]], (long)index, ScalarType.Int64, logProbabilities.device);
    }
}

using System.Globalization;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>One of the network's classes in each row.</summary>
/// <param name="name">The target's name.</param>
internal abstract class OneClassTarget(string name) : ExplanationTarget(name)
{
    /// <inheritdoc/>
    internal override bool IsOfClasses => true;

    /// <summary>The class to explain in each row, int64 <c>[N]</c>; it need not exist.</summary>
    /// <param name="logProbabilities">The network's prediction, <c>[N, classes]</c>.</param>
    /// <param name="labels">int64 <c>[N]</c>; null: there are none.</param>
    internal abstract Tensor Resolve(Tensor logProbabilities, Tensor? labels);

    /// <inheritdoc/>
    internal override string? Objection(IReadOnlyList<long> row) => TargetShapes.NoClasses(row);

    /// <inheritdoc/>
    internal override TargetQuestion Ask(TailClassifier tail, Activation activation, AttributionRequest request)
    {
        var clean = tail.LogProbabilities(activation);
        return new ClassQuestion(tail, activation, clean, Resolve(clean, request.Labels));
    }
}

/// <summary>The class that the network predicts.</summary>
internal sealed class PredictedClassTarget() : OneClassTarget("predicted-class")
{
    /// <inheritdoc/>
    internal override Tensor Resolve(Tensor logProbabilities, Tensor? labels) => logProbabilities.argmax(1);
}

/// <summary>The class that the row's label names.</summary>
internal sealed class LabelTarget() : OneClassTarget("label")
{
    /// <inheritdoc/>
    internal override bool NeedsLabels => true;

    /// <inheritdoc/>
    internal override ExplanationTarget WithoutColumns => PredictedClass;

    /// <inheritdoc/>
    internal override Tensor Resolve(Tensor logProbabilities, Tensor? labels) => labels!.to(logProbabilities.device);
}

/// <summary>The same class in every row.</summary>
internal sealed class ClassTarget : OneClassTarget
{
    private readonly int _index;

    /// <param name="index">The class.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    public ClassTarget(int index)
        : base(string.Create(CultureInfo.InvariantCulture, $"{TargetNames.Class} {index}"))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        _index = index;
    }

    /// <inheritdoc/>
    internal override int LargestIndex => _index;

    /// <inheritdoc/>
    internal override Tensor Resolve(Tensor logProbabilities, Tensor? labels)
        => full([logProbabilities.shape[0]], (long)_index, ScalarType.Int64, logProbabilities.device);
}

/// <summary>The class at a place among the likeliest ones; a part of <see cref="TopClassesTarget"/>.</summary>
/// <param name="rank">The place, 0 is the likeliest.</param>
internal sealed class RankedClassTarget(int rank) : OneClassTarget($"rank {rank}")
{
    /// <inheritdoc/>
    internal override int LargestIndex => rank;

    /// <inheritdoc/>
    internal override Tensor Resolve(Tensor logProbabilities, Tensor? labels)
        => rank < logProbabilities.shape[1]
            ? logProbabilities.sort(1, descending: true, stable: true).Indices.select(1, rank)
            : full([logProbabilities.shape[0]], (long)rank, ScalarType.Int64, logProbabilities.device);
}

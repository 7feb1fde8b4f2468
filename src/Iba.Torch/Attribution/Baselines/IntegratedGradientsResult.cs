using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What <see cref="IntegratedGradients"/> found for N rows, and how much of the score its steps missed.</summary>
public sealed class IntegratedGradientsResult : Attribution
{
    internal IntegratedGradientsResult(AttributionPass pass, Tensor map)
        : base(pass, map)
    {
    }

    private IntegratedGradientsResult(Attribution of, IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
        : base(of, tensors, failures)
    {
    }

    /// <summary>f(x) - f(x0), <c>[N]</c>: what the map distributes.</summary>
    public required Tensor ScoreDifference { get; init; }

    /// <summary>
    /// The sum of all parts less <see cref="ScoreDifference"/>, <c>[N]</c>: 0 for infinitely many steps. More than a twentieth of the difference
    /// says to take more steps.
    /// </summary>
    public required Tensor CompletenessError { get; init; }

    /// <inheritdoc/>
    internal override IReadOnlyList<Tensor> Tensors => [.. base.Tensors, ScoreDifference, CompletenessError];

    /// <inheritdoc/>
    internal override Attribution With(IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
        => new IntegratedGradientsResult(this, tensors, failures) { ScoreDifference = tensors[4], CompletenessError = tensors[5] };
}

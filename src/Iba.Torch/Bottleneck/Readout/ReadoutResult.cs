using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What a <see cref="ReadoutBottleneck"/> found for N rows: the map in bits, and what it was made of. Rows in <see cref="Attribution.Failures"/> hold NaN.</summary>
public sealed class ReadoutResult : Attribution
{
    internal ReadoutResult(AttributionPass pass, Tensor map)
        : base(pass, map)
    {
    }

    private ReadoutResult(Attribution of, IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
        : base(of, tensors, failures)
    {
    }

    /// <summary>The capacity of each neuron of the bottleneck's layer, in nats, the features' shape <c>[N, ...]</c>; never negative.</summary>
    public required Tensor Capacity { get; init; }

    /// <summary>The share of each feature that passes (lambda), 0 to 1, the features' shape <c>[N, ...]</c>.</summary>
    public required Tensor Mask { get; init; }

    /// <summary>Why each row cannot be explained by this readout; null: it can.</summary>
    internal IReadOnlyList<string?> Objections { get; init; } = [];

    /// <inheritdoc/>
    internal override IReadOnlyList<Tensor> Tensors => [.. base.Tensors, Capacity, Mask];

    /// <inheritdoc/>
    internal override Attribution With(IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
        => new ReadoutResult(this, tensors, failures) { Capacity = tensors[3], Mask = tensors[4], Objections = Objections };

    /// <inheritdoc/>
    internal override Tensor FiniteRows()
        => Capacity.flatten(1).isfinite().all(1).logical_and(tensor(Objections.Select(objection => objection is null).ToArray(), device: Capacity.device));

    /// <inheritdoc/>
    internal override string NotFinite(long row)
        => Objections[(int)row] ?? "its capacity is not finite: features lie too far from the layer's mean for their deviation";
}

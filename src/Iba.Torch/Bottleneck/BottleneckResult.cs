using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// What the bottleneck found for N rows of features: the map in bits, and what it was made of. Rows in <see cref="Attribution.Failures"/>
/// hold NaN.
/// </summary>
public sealed class BottleneckResult : Attribution
{
    internal BottleneckResult(AttributionPass pass, Tensor map)
        : base(pass, map)
    {
    }

    private BottleneckResult(Attribution of, IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
        : base(of, tensors, failures)
    {
    }

    /// <summary>Capacity of the finished mask (after the last update), in nats, the features' shape <c>[N, ...]</c>; never negative.</summary>
    public required Tensor Capacity { get; init; }

    /// <summary>Capacity in the last forward pass, before the last update, in nats: what the reference implementation reports.</summary>
    public required Tensor LastForwardCapacity { get; init; }

    /// <summary>The finished alpha, the features' shape <c>[N, ...]</c>.</summary>
    public required Tensor Alpha { get; init; }

    /// <summary>The loss (model loss + beta * information) of every step, <c>[N, T]</c>.</summary>
    public required Tensor Loss { get; init; }

    /// <summary>The mean model loss over the noise copies of every step, in nats, <c>[N, T]</c>.</summary>
    public required Tensor ModelLoss { get; init; }

    /// <summary>The mean capacity per neuron of every step, in nats, <c>[N, T]</c>.</summary>
    public required Tensor Information { get; init; }

    /// <summary>
    /// Class probabilities under the bottleneck, <c>[N, classes]</c>, mean over the noise copies: of the last step, before the last
    /// update, or of the finished mask (see <see cref="BottleneckOptions.EvaluateFinishedMask"/>). Of other targets, what they report.
    /// </summary>
    public required Tensor ProbabilitiesWithBottleneck { get; init; }

    /// <summary>
    /// The map of each seed, <c>[N, seeds, positions...]</c>, in bits, whose mean is <see cref="Attribution.Map"/>; null where there is a single
    /// seed (see <see cref="BottleneckOptions.Seeds"/>).
    /// </summary>
    public Tensor? SeedMaps { get; private init; }

    /// <summary>
    /// What the network behind the layer was computed in: <see cref="TailPrecision.Float32"/> or <see cref="TailPrecision.BFloat16"/>, also where
    /// <see cref="BottleneckOptions.TailPrecision"/> left it open.
    /// </summary>
    public TailPrecision TailPrecision => Tail.Precision;

    /// <summary>How <see cref="TailPrecision"/> was chosen.</summary>
    internal TailPrecisionChoice Tail { get; init; } = TailPrecisionChoice.Float32;

    /// <summary>The capacity that the map shows, see <see cref="BottleneckOptions.MapsLastForward"/>.</summary>
    internal Tensor ReportedCapacity => MapsLastForward ? LastForwardCapacity : Capacity;

    /// <inheritdoc cref="BottleneckOptions.MapsLastForward"/>
    internal bool MapsLastForward { get; init; }

    /// <inheritdoc/>
    internal override IReadOnlyList<Tensor> Tensors
        => [.. base.Tensors, Capacity, LastForwardCapacity, Alpha, Loss, ModelLoss, Information, ProbabilitiesWithBottleneck, .. SeedMaps is null ? Array.Empty<Tensor>() : [SeedMaps]];

    /// <inheritdoc/>
    internal override Attribution With(IReadOnlyList<Tensor> tensors, IReadOnlyList<RowFailure> failures)
        => new BottleneckResult(this, tensors, failures)
        {
            Capacity = tensors[4],
            LastForwardCapacity = tensors[5],
            Alpha = tensors[6],
            Loss = tensors[7],
            ModelLoss = tensors[8],
            Information = tensors[9],
            ProbabilitiesWithBottleneck = tensors[10],
            SeedMaps = tensors.Count > 11 ? tensors[11] : null,
            MapsLastForward = MapsLastForward,
            Tail = Tail,
        };

    /// <inheritdoc/>
    internal override Tensor FiniteRows() => Loss.isfinite().all(1).logical_and_(Capacity.flatten(1).isfinite().all(1));

    /// <inheritdoc/>
    internal override string NotFinite(long row)
    {
        var steps = Loss[row].isfinite().logical_not().nonzero();
        return steps.shape[0] > 0
            ? $"its loss became NaN or infinite at step {steps[0].item<long>()}: check the network after the layer, or lower the learning rate"
            : "its capacity is not finite: features lie too far from the layer's mean for their deviation";
    }
}

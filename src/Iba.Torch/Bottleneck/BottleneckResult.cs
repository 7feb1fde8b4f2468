using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What the bottleneck found for N rows of features. Rows in <see cref="Failures"/> hold NaN.</summary>
public sealed class BottleneckResult : IDisposable
{
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

    /// <summary>Class probabilities without bottleneck, <c>[N, classes]</c>; two classes for a network with a single output.</summary>
    public required Tensor Probabilities { get; init; }

    /// <summary>
    /// Class probabilities under the bottleneck, <c>[N, classes]</c>, mean over the noise copies: of the last step, before the last
    /// update, or of the finished mask (see <see cref="BottleneckOptions.EvaluateFinishedMask"/>).
    /// </summary>
    public required Tensor ProbabilitiesWithBottleneck { get; init; }

    /// <summary>The class explained in each row, int64 <c>[N]</c>.</summary>
    public required Tensor Targets { get; init; }

    /// <summary>The rows that could not be explained, and why; usually empty.</summary>
    public IReadOnlyList<RowFailure> Failures { get; internal set; } = [];

    /// <summary>Throws when a row could not be explained.</summary>
    /// <exception cref="InvalidOperationException">Names every such row and what is wrong with it.</exception>
    public void ThrowIfFailed()
    {
        if (Failures.Count == 0) return;
        var sentences = Failures.Select(failure => $"Row {failure.Row} could not be explained: {failure.Reason}.");
        throw new InvalidOperationException(string.Join(" ", sentences));
    }

    internal IEnumerable<Tensor> Tensors
        => [Capacity, LastForwardCapacity, Alpha, Loss, ModelLoss, Information, Probabilities, ProbabilitiesWithBottleneck, Targets];

    /// <summary>One result of several, row after row.</summary>
    internal static BottleneckResult Join(IReadOnlyList<BottleneckResult> parts)
    {
        return new BottleneckResult
        {
            Capacity = Rows(part => part.Capacity),
            LastForwardCapacity = Rows(part => part.LastForwardCapacity),
            Alpha = Rows(part => part.Alpha),
            Loss = Rows(part => part.Loss),
            ModelLoss = Rows(part => part.ModelLoss),
            Information = Rows(part => part.Information),
            Probabilities = Rows(part => part.Probabilities),
            ProbabilitiesWithBottleneck = Rows(part => part.ProbabilitiesWithBottleneck),
            Targets = Rows(part => part.Targets),
            Failures = parts.SelectMany(part => part.Failures).ToArray(),
        };

        Tensor Rows(Func<BottleneckResult, Tensor> select) => cat(parts.Select(select).ToArray(), 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors) tensor.Dispose();
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What the bottleneck found for N rows of features.</summary>
public sealed class BottleneckResult : IDisposable
{
    /// <summary>Capacity of the finished mask (after the last update), in nats, the features' shape <c>[N, ...]</c>; never negative.</summary>
    public required Tensor Capacity { get; init; }

    /// <summary>Capacity in the last forward pass, before the last update, in nats: what the reference implementation reports.</summary>
    public required Tensor LastForwardCapacity { get; init; }

    /// <summary>The finished alpha, the features' shape <c>[N, ...]</c>.</summary>
    public required Tensor Alpha { get; init; }

    /// <summary>The loss (model loss + beta * information) of every step, <c>[N, T]</c>, float32.</summary>
    public required Tensor Loss { get; init; }

    /// <summary>The mean model loss over the noise copies of every step, in nats, <c>[N, T]</c>.</summary>
    public required Tensor ModelLoss { get; init; }

    /// <summary>The mean capacity per neuron of every step, in nats, <c>[N, T]</c>.</summary>
    public required Tensor Information { get; init; }

    /// <summary>Class probabilities without bottleneck, <c>[N, classes]</c>.</summary>
    public required Tensor Probabilities { get; init; }

    /// <summary>Class probabilities under the finished bottleneck, mean over the noise copies of the last step, <c>[N, classes]</c>.</summary>
    public required Tensor ProbabilitiesWithBottleneck { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Capacity, LastForwardCapacity, Alpha, Loss, ModelLoss, Information, Probabilities, ProbabilitiesWithBottleneck })
        {
            tensor.Dispose();
        }
    }
}

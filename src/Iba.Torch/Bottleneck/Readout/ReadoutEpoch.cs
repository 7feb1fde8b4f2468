namespace Iba.Torch;

/// <summary>What an epoch of <see cref="ReadoutTraining"/> came to, as means over its rows, each under the weights that it met.</summary>
/// <param name="Epoch">Which one, from 1.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Loss">Model loss + beta * information.</param>
/// <param name="ModelLoss">The model loss, in nats.</param>
/// <param name="Information">The mean capacity per neuron, in nats.</param>
public sealed record ReadoutEpoch(int Epoch, long Rows, double Loss, double ModelLoss, double Information);

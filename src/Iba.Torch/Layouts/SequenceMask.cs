using TorchSharp;

namespace Iba.Torch;

/// <summary>Carries the padding of a sequence over to the positions of a layer, which may be coarser.</summary>
internal static class SequenceMask
{
    /// <summary>A position exists where any of the values that it stands for does.</summary>
    /// <param name="exists">bool <c>[N, T]</c>; null: everything exists.</param>
    /// <param name="features"><c>[N, c, l]</c> or <c>[N, t, d]</c>.</param>
    /// <param name="channelDimension">1 or 2.</param>
    /// <returns>bool <c>[N, l]</c>, in the dispose scope around the call; null: everything exists.</returns>
    /// <exception cref="InvalidDataException">The positions are no even division of the sequence.</exception>
    public static torch.Tensor? Of(torch.Tensor? exists, torch.Tensor features, int channelDimension)
    {
        if (exists is null) return null;
        if (features.dim() != 3)
        {
            throw new InvalidDataException(
                $"A mask needs a layer with one position per value, [N, C, L] or [N, T, D]; this one gives {Shapes.Format(features.shape)}.");
        }

        long values = exists.shape[1];
        long positions = features.shape[3 - channelDimension];
        if (positions == values) return exists.alias();
        return values % positions == 0
            ? exists.view(exists.shape[0], positions, values / positions).any(2)
            : throw new InvalidDataException(
                $"The layer's {positions} positions are no even division of the input's {values} values, so padding cannot be carried over to them; is ChannelDimension right?");
    }
}

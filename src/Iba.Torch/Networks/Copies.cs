using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>How many versions of each row a tail is given.</summary>
internal static class Copies
{
    /// <summary>K, for features <c>[N * K, ...]</c> of the N rows of <paramref name="origin"/>.</summary>
    /// <exception cref="ArgumentException">The features are not of the head's shape, or not the same number for each row.</exception>
    public static long Of(Tensor features, Activation origin)
    {
        long copies = features.dim() > 0 ? features.shape[0] / origin.Rows : 0;
        if (copies == 0 || features.shape[0] % origin.Rows != 0 || !features.shape.Skip(1).SequenceEqual(origin.Features.shape.Skip(1)))
        {
            throw new ArgumentException(
                $"The features have shape {Shapes.Format(features.shape)}, but the head gave {Shapes.Format(origin.Features.shape)}: " +
                "only the first dimension may differ, as a multiple.",
                nameof(features));
        }

        return copies;
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Perturbations that a caller gives.</summary>
internal static class Perturbations
{
    /// <exception cref="ArgumentException">They are not K of each row's shape.</exception>
    public static void Check(Tensor inputs, Tensor perturbations)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(perturbations);
        long[] shape = perturbations.shape;
        if (perturbations.is_floating_point() && shape.Length == inputs.dim() + 1 && shape[0] == inputs.shape[0] && shape[1] > 0
            && shape.AsSpan(2).SequenceEqual(inputs.shape.AsSpan(1)))
        {
            return;
        }

        throw new ArgumentException(
            $"The perturbations are {perturbations.dtype} {Shapes.Format(shape)}; inputs {Shapes.Format(inputs.shape)} need floating point numbers " +
            $"[{inputs.shape[0]}, K, {string.Join(", ", inputs.shape.Skip(1))}].",
            nameof(perturbations));
    }
}

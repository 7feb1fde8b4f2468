using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Class scores out of what a network returns.</summary>
internal static class ClassScores
{
    /// <summary>Outputs as <c>[N, classes]</c>; null where they hold several values for each class, none, or no floating point numbers.</summary>
    /// <param name="outputs">What the network returned.</param>
    /// <param name="rows">N.</param>
    public static Tensor? Of(Tensor outputs, long rows)
    {
        if (outputs.dim() == 0 || outputs.shape[0] != rows || !outputs.is_floating_point()) return null;
        long[] row = outputs.shape[1..];
        if (row.Contains(0) || row.Count(size => size != 1) > 1) return null;
        return outputs.dim() == 2 ? outputs : outputs.reshape(rows, -1);
    }
}

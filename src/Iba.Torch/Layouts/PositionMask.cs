using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Which positions of a row exist, seen axis by axis.</summary>
internal static class PositionMask
{
    /// <summary>Along each axis, which indices exist in one row.</summary>
    /// <param name="row">bool <c>[positions...]</c>, for example <c>[H, W]</c>.</param>
    /// <exception cref="ArgumentException">The positions that exist are no grid (whole lines of every axis).</exception>
    public static bool[][] Axes(Tensor row)
    {
        using var scope = NewDisposeScope();
        var exists = row.cpu();
        int rank = (int)exists.dim();
        bool[][] axes = new bool[rank][];
        var grid = ones_like(exists);
        for (int axis = 0; axis < rank; axis++)
        {
            long[] others = Enumerable.Range(0, rank).Where(other => other != axis).Select(other => (long)other).ToArray();
            var along = others.Length == 0 ? exists : exists.sum(others, keepdim: true).gt(0);
            axes[axis] = along.flatten().data<bool>().ToArray();
            grid = grid.logical_and(along);
        }

        if (grid.ne(exists).any().item<bool>())
        {
            throw new ArgumentException(
                "The positions that exist in a row must form a grid, such as the rectangle that an image fills in a padded batch.",
                nameof(row));
        }

        return axes;
    }
}

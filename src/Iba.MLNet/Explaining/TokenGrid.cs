using TorchSharp;

namespace Iba.MLNet;

/// <summary>The patches of a vision transformer: tokens that stand for the fields of a grid over the image, row by row.</summary>
internal static class TokenGrid
{
    /// <summary>Class, distillation and register tokens come before the patches; more of them than this are no such thing.</summary>
    private const long MostLeadingTokens = 16;

    /// <summary>How many rows and columns the grid has; null where that many tokens cover no such image evenly.</summary>
    /// <param name="tokens">The number of tokens, leading ones included.</param>
    /// <param name="size">The image's size, <c>[H, W]</c>.</param>
    public static (long Rows, long Columns)? Of(long tokens, IReadOnlyList<long> size)
    {
        if (size is not [> 0 and var height, > 0 and var width]) return null;
        for (long leading = 0; leading <= Math.Min(MostLeadingTokens, tokens - 1); leading++)
        {
            // Patches are square, so rows * width = columns * height.
            long rows = (long)Math.Round(Math.Sqrt((tokens - leading) * (double)height / width));
            if (rows > 0 && (tokens - leading) % rows == 0 && (tokens - leading) / rows * height == rows * width) return (rows, (tokens - leading) / rows);
        }

        return null;
    }

    /// <summary>The capacity of the patches as a picture; leading tokens, which stand for no place, are left out.</summary>
    /// <param name="capacity"><c>[N, T, D]</c>.</param>
    /// <param name="size">The image's size, <c>[H, W]</c>, for which <see cref="Of"/> finds a grid.</param>
    /// <returns><c>[N, D, rows, columns]</c>.</returns>
    public static torch.Tensor ToPicture(torch.Tensor capacity, IReadOnlyList<long> size)
    {
        using var scope = torch.NewDisposeScope();
        var (rows, columns) = Of(capacity.shape[1], size)!.Value;
        long leading = capacity.shape[1] - (rows * columns);
        return capacity.narrow(1, leading, rows * columns)
            .transpose(1, 2)
            .reshape(capacity.shape[0], capacity.shape[2], rows, columns)
            .MoveToOuterDisposeScope();
    }
}

using TorchSharp;

namespace Iba.Torch;

/// <summary>
/// Positions in one line that stand for the fields of a grid over the image, row by row: patches of a vision transformer, or a picture's
/// positions, flattened.
/// </summary>
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

        return Rounded(tokens, height, width);
    }

    // Convolutions over odd sizes round up, or down.
    private static (long Rows, long Columns)? Rounded(long tokens, long height, long width)
    {
        for (long stride = 1; stride <= Math.Min(height, width); stride++)
        {
            (long rows, long columns) = (height / stride, width / stride);
            if (rows * columns == tokens) return (rows, columns);
            (rows, columns) = ((height + stride - 1) / stride, (width + stride - 1) / stride);
            if (rows * columns == tokens) return (rows, columns);
        }

        return null;
    }

    /// <summary>The capacity of the patches as a picture; leading tokens, which stand for no place, are left out.</summary>
    /// <param name="capacity"><c>[N, T, D]</c> or <c>[N, C, L]</c>.</param>
    /// <param name="channelDimension">2 or 1.</param>
    /// <param name="size">The image's size, <c>[H, W]</c>, for which <see cref="Of"/> finds a grid.</param>
    /// <returns><c>[N, channels, rows, columns]</c>.</returns>
    public static torch.Tensor ToPicture(torch.Tensor capacity, int channelDimension, IReadOnlyList<long> size)
    {
        using var scope = torch.NewDisposeScope();
        var channelsFirst = channelDimension == 1 ? capacity : capacity.transpose(1, 2);
        long tokens = channelsFirst.shape[2];
        var (rows, columns) = Of(tokens, size)!.Value;
        return channelsFirst.narrow(2, tokens - (rows * columns), rows * columns)
            .reshape(channelsFirst.shape[0], channelsFirst.shape[1], rows, columns)
            .MoveToOuterDisposeScope();
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Maps as rows of numbers.</summary>
internal static class MapRows
{
    /// <summary>Refuses maps that are not of the positions that they are to judge.</summary>
    /// <param name="maps">float <c>[N, positions...]</c>.</param>
    /// <param name="rows">N.</param>
    /// <param name="positions">The size of a map.</param>
    /// <param name="parameter">The argument's name.</param>
    /// <exception cref="ArgumentException">Type or shape is another.</exception>
    public static void Check(Tensor maps, long rows, IReadOnlyList<long> positions, string parameter)
    {
        ArgumentNullException.ThrowIfNull(maps, parameter);
        long[] expected = [rows, .. positions];
        if (!maps.is_floating_point()) throw new ArgumentException($"The maps are {maps.dtype}; expected floating point numbers.", parameter);
        if (maps.shape.SequenceEqual(expected)) return;
        throw new ArgumentException(
            $"The maps are {Shapes.Format(maps.shape)}; expected {Shapes.Format(expected)}, one value for each position of the input: " +
            $"stretch them with {nameof(Attribution)}.{nameof(Attribution.ToMap)}.",
            parameter);
    }

    /// <summary>Refuses masks that are not of the maps' size.</summary>
    /// <exception cref="ArgumentException">Type or shape is another.</exception>
    public static void CheckMask(Tensor masks, Tensor maps, string parameter)
    {
        ArgumentNullException.ThrowIfNull(masks, parameter);
        if (masks.dtype == ScalarType.Bool && masks.shape.SequenceEqual(maps.shape)) return;
        throw new ArgumentException(
            $"The masks are {masks.dtype} {Shapes.Format(masks.shape)}; the maps {Shapes.Format(maps.shape)} need Bool {Shapes.Format(maps.shape)}: " +
            "resize and crop them like the picture.",
            parameter);
    }

    /// <summary>The values of one row, in row-major order.</summary>
    public static double[] Of(Tensor maps, long row)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        return maps[row].detach().cpu().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    /// <summary>A mask of one row, in row-major order.</summary>
    public static bool[] OfMask(Tensor masks, long row)
    {
        using var scope = NewDisposeScope();
        return masks[row].cpu().contiguous().data<bool>().ToArray();
    }
}

using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Brings values at one layer's positions to another layer's, <c>[N, C, positions...]</c>.</summary>
internal static class ReadoutPositions
{
    /// <summary>Whether values have more positions than that, so that there is less to compute afterwards.</summary>
    public static bool AreMore(Tensor values, long[] positions) => values.shape.Skip(2).Aggregate(1L, Multiply) > positions.Aggregate(1L, Multiply);

    /// <summary>Throws unless <see cref="Resize"/> can bring values to positions.</summary>
    /// <param name="values">The values; <c>[N, C]</c> of a layer without positions.</param>
    /// <param name="positions">The positions' sizes.</param>
    /// <param name="padded">Whether rows are padded: what is behind a row's end would be mixed into it, were layers resized.</param>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void Check(Tensor values, long[] positions, bool padded)
    {
        if (values.dim() == 2 || values.shape.AsSpan(2).SequenceEqual(positions)) return;
        string found = $"A layer that is read has positions of size {Shapes.Format(values.shape.Skip(2))}, the bottleneck's {Shapes.Format(positions)}";
        if (values.dim() != positions.Length + 2 || positions.Length > 3) throw new ArgumentException($"{found}: read layers of as many dimensions.", nameof(values));
        if (padded) throw new ArgumentException($"{found}: with padding both must have as many.", nameof(values));
    }

    /// <summary>Values at positions, linearly between those that there are; of a layer without positions the same at each.</summary>
    public static Tensor Resize(Tensor values, long[] positions)
    {
        if (values.dim() == 2) return values.reshape([.. values.shape, .. positions.Select(_ => 1L)]).expand([.. values.shape, .. positions]);
        if (values.shape.AsSpan(2).SequenceEqual(positions)) return values;
        var mode = positions.Length switch
        {
            1 => InterpolationMode.Linear,
            2 => InterpolationMode.Bilinear,
            _ => InterpolationMode.Trilinear,
        };
        return nn.functional.interpolate(values, positions, mode: mode, align_corners: false);
    }

    private static long Multiply(long product, long size) => product * size;
}

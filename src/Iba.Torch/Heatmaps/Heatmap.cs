using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Turns capacity into bits per pixel (Schulz et al. 2020, section 3.3).</summary>
public static class Heatmap
{
    /// <summary>Sums capacity over channels, converts nats to bits and stretches the map to the input's size, conserving the total.</summary>
    /// <param name="capacity">In nats, <c>[N, C, h, w]</c>, <c>[N, C, l]</c>, <c>[N, T, D]</c> or <c>[N, C]</c>.</param>
    /// <param name="channelDimension">1, or 2 for <c>[N, T, D]</c>.</param>
    /// <param name="size">
    /// The input's spatial size: <c>[H, W]</c> or <c>[L]</c>, as many dimensions as the features have positions in. Features without positions,
    /// <c>[N, C]</c>, fit any size: their bits are spread evenly. Empty: the map keeps the layer's own size.
    /// </param>
    /// <returns>float32 <c>[N, H, W]</c> in bits per pixel, or <c>[N, L]</c> in bits per position; each row sums to its capacity in bits.</returns>
    /// <exception cref="ArgumentException">The size does not fit the capacity's dimensions.</exception>
    public static Tensor FromCapacity(Tensor capacity, int channelDimension, params ReadOnlySpan<long> size)
    {
        ArgumentNullException.ThrowIfNull(capacity);
        if (channelDimension < 1 || channelDimension >= capacity.dim())
        {
            throw new ArgumentOutOfRangeException(
                nameof(channelDimension),
                channelDimension,
                $"The channels of capacity {Shapes.Format(capacity.shape)} lie in one of the dimensions 1 to {capacity.dim() - 1}.");
        }

        using var scope = NewDisposeScope();
        return MapResizing.Resize(BitsPerPosition(capacity, channelDimension), MapUnit.Bits, size).MoveToOuterDisposeScope();
    }

    /// <summary>The bits of each position, before they are rounded to float32.</summary>
    /// <param name="capacity">In nats, <c>[N, ...]</c>.</param>
    /// <param name="channelDimension">The dimension to sum over.</param>
    internal static Tensor BitsPerPosition(Tensor capacity, int channelDimension)
    {
        using var scope = NewDisposeScope();
        using var withoutGradient = no_grad();
        return (capacity.to_type(WorkingType(capacity)).sum(channelDimension) / Math.Log(2)).MoveToOuterDisposeScope();
    }

    /// <summary>Stretches or shrinks maps of bits per position (never negative), conserving each map's total.</summary>
    /// <remarks>
    /// <para>
    /// A dimension that grows is interpolated linearly between the centres of the positions (the half-pixel convention); beyond the outermost
    /// centres the edge value holds. A dimension that shrinks is summed over the positions that each new one covers. Values are per position, so
    /// they are scaled by (old size / new size).
    /// </para>
    /// <para>
    /// Interpolation keeps the total by itself when the size grows by a whole factor. For other factors it misses it, by a millionth on a
    /// large and smooth map, by some thousandths on a small one (10 to 24 positions, say), and the whole map is scaled by one number that
    /// restores its total: bits count more than the last digits of a shape. A constant map stays constant, a map
    /// without negative values stays without, and a map whose size does not change stays as it is.
    /// </para>
    /// </remarks>
    /// <param name="map"><c>[N, ...]</c> with one value per position, for example <c>[N, h, w]</c> or <c>[N, l]</c>.</param>
    /// <param name="size">The new size of the dimensions after the first.</param>
    /// <returns><c>[N, ...size]</c>, the type of <paramref name="map"/>; a row with NaN in it stays NaN somewhere.</returns>
    /// <exception cref="ArgumentException">The number of dimensions differs, or a size is not positive.</exception>
    public static Tensor Resize(Tensor map, params ReadOnlySpan<long> size)
    {
        ArgumentNullException.ThrowIfNull(map);
        string shape = string.Join(", ", map.shape);
        if (map.dim() != size.Length + 1)
        {
            throw new ArgumentException(
                $"A map [{shape}] has {map.dim() - 1} spatial dimensions, but the size [{string.Join(", ", size.ToArray())}] has {size.Length}.",
                nameof(size));
        }

        if (size.ContainsAnyInRange(long.MinValue, 0) || map.shape.AsSpan(1).Contains(0))
        {
            throw new ArgumentException(
                $"A map [{shape}] cannot be resized to [{string.Join(", ", size.ToArray())}]: every size must be positive.", nameof(size));
        }

        using var scope = NewDisposeScope();
        using var withoutGradient = no_grad();
        var source = map.to_type(WorkingType(map));
        var result = source;
        for (int dimension = 1; dimension <= size.Length; dimension++)
        {
            var (from, to) = (result.shape[dimension], size[dimension - 1]);
            result = to > from ? Interpolate(result, dimension, to) : to < from ? SumCovered(result, dimension, to) : result;
        }

        return RestoreTotal(result, source).to_type(map.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Stretches or shrinks one row of bits per position, conserving the total: for rows whose lengths differ.</summary>
    /// <inheritdoc cref="Resize" path="/remarks"/>
    /// <param name="bits">Bits per position, at least one.</param>
    /// <param name="length">The new number of positions, at least 1.</param>
    /// <exception cref="ArgumentException">There are no positions, or the length is not positive.</exception>
    public static float[] Stretch(ReadOnlySpan<float> bits, int length)
    {
        using var scope = NewDisposeScope();
        return Resize(tensor(bits.ToArray()).unsqueeze(0), length).data<float>().ToArray();
    }

    /// <summary>float64 keeps the total to float32's last digit; Apple's devices have none.</summary>
    private static ScalarType WorkingType(Tensor tensor) => tensor.device_type == DeviceType.MPS ? ScalarType.Float32 : ScalarType.Float64;

    private static Tensor Interpolate(Tensor map, int dimension, long size)
    {
        long count = map.shape[dimension];
        var position = arange(size, dtype: map.dtype, device: map.device).add(0.5).mul((double)count / size).sub(0.5).clamp(0, count - 1);
        return At(map, dimension, position) * ((double)count / size);
    }

    /// <summary>The difference of the running total at the two borders of each new position.</summary>
    private static Tensor SumCovered(Tensor map, int dimension, long size)
    {
        long count = map.shape[dimension];
        var total = cat([zeros_like(map.narrow(dimension, 0, 1)), map.cumsum(dimension)], dimension);
        var borders = At(total, dimension, arange(size + 1, dtype: map.dtype, device: map.device).mul((double)count / size).clamp(0, count));
        return borders.narrow(dimension, 1, size) - borders.narrow(dimension, 0, size);
    }

    /// <summary>Linear interpolation between the values at whole positions. <c>lerp</c> is monotone, so running totals never fall.</summary>
    private static Tensor At(Tensor values, int dimension, Tensor position)
    {
        var low = position.floor();
        var index = low.to_type(ScalarType.Int64);
        long[] shape = Enumerable.Repeat(1L, (int)values.dim()).ToArray();
        shape[dimension] = -1;
        var next = values.index_select(dimension, (index + 1).clamp_max(values.shape[dimension] - 1));
        return lerp(values.index_select(dimension, index), next, (position - low).reshape(shape));
    }

    private static Tensor RestoreTotal(Tensor map, Tensor source)
    {
        var total = source.flatten(1).sum(1, keepdim: true);
        var resized = map.flatten(1).sum(1, keepdim: true);
        var factor = where(resized == 0, ones_like(total), total / resized);
        return map.flatten(1).mul(factor).reshape(map.shape);
    }
}

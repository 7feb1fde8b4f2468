using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Brings maps to another size, by the rule of their unit.</summary>
internal static class MapResizing
{
    /// <inheritdoc cref="Attribution.ToMap"/>
    public static Tensor Resize(Tensor map, MapUnit unit, params ReadOnlySpan<long> size)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        if (map.dim() == 1 && size.Length > 0) map = map.reshape([map.shape[0], .. Enumerable.Repeat(1L, size.Length)]);
        var resized = size.Length == 0 ? map : unit == MapUnit.Bits ? Heatmap.Resize(map, size) : Interpolate(map, size);
        return resized.to_type(ScalarType.Float32).alias().MoveToOuterDisposeScope();
    }

    private static Tensor Interpolate(Tensor map, ReadOnlySpan<long> size)
    {
        if (map.dim() != size.Length + 1)
        {
            throw new ArgumentException(
                $"A map {Shapes.Format(map.shape)} has {map.dim() - 1} spatial dimensions, but the size {Shapes.Format(size.ToArray())} has {size.Length}.",
                nameof(size));
        }

        if (map.shape.AsSpan(1).SequenceEqual(size)) return map;
        var mode = size.Length switch
        {
            1 => InterpolationMode.Linear,
            2 => InterpolationMode.Bilinear,
            _ => InterpolationMode.Trilinear,
        };
        return nn.functional.interpolate(map.unsqueeze(1), size.ToArray(), mode: mode, align_corners: false).squeeze(1);
    }
}

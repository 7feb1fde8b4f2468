using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Indices as libtorch takes them: int64, counted from the front, within bounds.</summary>
internal static class Indices
{
    /// <summary>
    /// Counts negative indices from the front, and checks all in C#: on an accelerator a wrong one would poison the device.
    /// </summary>
    /// <param name="call">The operator that uses them.</param>
    /// <param name="indices">Integers of any shape.</param>
    /// <param name="size">The size of the axis that they point into.</param>
    /// <param name="device">Where the data lie.</param>
    public static Tensor Normalise(OperatorCall call, Tensor indices, long size, Device device)
    {
        var longs = indices.to(ScalarType.Int64);
        if (longs.numel() == 0) return longs.to(device);
        var (lowest, highest) = (longs.min().item<long>(), longs.max().item<long>());
        if (lowest < -size || highest >= size)
        {
            throw call.Error($"has index {(lowest < -size ? lowest : highest)}, outside [{-size}, {size - 1}]");
        }
        if (lowest < 0) longs = where(longs.lt(0), longs + size, longs);
        return longs.to(device);
    }

    /// <summary>
    /// Tuples of indices, <c>[..., q]</c>, as positions <c>[...]</c> in the flattened first <c>q</c> of the given dimensions.
    /// </summary>
    public static Tensor Flatten(OperatorCall call, Tensor tuples, ReadOnlySpan<long> sizes, Device device)
    {
        var positions = zeros(tuples.shape[..^1], ScalarType.Int64, device);
        for (int i = 0; i < tuples.shape[^1]; i++)
        {
            positions = positions * sizes[i] + Normalise(call, tuples.select(-1, i), sizes[i], device);
        }
        return positions;
    }
}

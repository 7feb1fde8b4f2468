using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The mean over positions.</summary>
internal static class PositionMean
{
    /// <summary>The mean over the positions that exist; every dimension of positions has size 1 after it.</summary>
    /// <param name="values"><c>[N, ...]</c>.</param>
    /// <param name="channelDimension">Where the channels are; 0: there are none.</param>
    /// <param name="mask">bool <c>[N, positions...]</c>; null: all exist.</param>
    public static Tensor Of(Tensor values, int channelDimension, Tensor? mask)
    {
        long[] positions = Shapes.PositionDimensions(values.dim(), channelDimension).Select(dimension => (long)dimension).ToArray();
        if (positions.Length == 0) return values;
        if (mask is null) return values.mean(positions, keepdim: true);
        var exists = Shapes.BroadcastMask(mask, values, channelDimension);
        return values.where(exists, zeros_like(values)).sum(positions, keepdim: true) / exists.sum(positions, keepdim: true);
    }
}

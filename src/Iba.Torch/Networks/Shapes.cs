using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Shapes in messages, and which dimensions of features are what.</summary>
internal static class Shapes
{
    /// <summary>For example <c>[8, 40, 28, 28]</c>.</summary>
    public static string Format(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>Writes the number of dimensions (int32) and each of them (int64).</summary>
    public static void Write(BinaryWriter writer, ReadOnlySpan<long> shape)
    {
        writer.Write(shape.Length);
        foreach (long size in shape) writer.Write(size);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; the sizes can be any.</summary>
    /// <param name="reader">Where to read.</param>
    /// <param name="mostDimensions">The largest number of dimensions to believe.</param>
    /// <param name="what">What has the shape, for messages.</param>
    /// <exception cref="InvalidDataException">The number of dimensions is none.</exception>
    public static long[] Read(BinaryReader reader, int mostDimensions, string what)
    {
        int rank = reader.ReadInt32();
        if (rank < 0 || rank > mostDimensions) throw new InvalidDataException($"{what} of rank {rank}; expected 0 to {mostDimensions}.");
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++) shape[i] = reader.ReadInt64();
        return shape;
    }

    /// <summary>The dimensions of positions in <c>[N, ...]</c> features: all but the rows' (0) and the channels'.</summary>
    public static int[] PositionDimensions(long rank, int channelDimension)
        => Enumerable.Range(1, (int)rank - 1).Where(dimension => dimension != channelDimension).ToArray();

    /// <summary>
    /// Checks <c>[N, positions...]</c> against features and returns it as <c>[N, 1, positions...]</c>, broadcastable to them; channel dimension 0:
    /// there are no channels.
    /// </summary>
    /// <exception cref="ArgumentException">The mask is not bool or has another shape.</exception>
    public static Tensor BroadcastMask(Tensor mask, Tensor features, int channelDimension)
    {
        long[] expected = features.shape.Where((_, dimension) => dimension == 0 || dimension != channelDimension).ToArray();
        if (mask.dtype != ScalarType.Bool || !mask.shape.SequenceEqual(expected))
        {
            throw new ArgumentException(
                $"The mask is {mask.dtype} {Format(mask.shape)}; features {Format(features.shape)} with channels in dimension {channelDimension} " +
                $"need Bool {Format(expected)}.",
                nameof(mask));
        }

        return channelDimension == 0 ? mask.to(features.device) : mask.to(features.device).unsqueeze(channelDimension);
    }

    /// <summary>Refuses features without positions, of which nothing could be hidden: the map would be one number, and say nothing.</summary>
    /// <param name="network">The network, for the message.</param>
    /// <param name="activation">What the head computed.</param>
    /// <param name="channelDimension">The dimension of the channels in the features; 0: there are none.</param>
    /// <param name="action">What is to be done with positions.</param>
    /// <exception cref="ArgumentException">There are no positions.</exception>
    public static void CheckPositions(SplitNetwork network, Activation activation, int channelDimension, string action)
    {
        if (PositionDimensions(activation.Features.dim(), channelDimension).Length > 0) return;
        throw new ArgumentException(
            $"Features {Format(activation.Features.shape)} of '{network.LayerName}' have no positions to {action}: where each value is a position of its own, " +
            "set ChannelDimension to 0; else cut at an earlier layer.",
            nameof(channelDimension));
    }
}

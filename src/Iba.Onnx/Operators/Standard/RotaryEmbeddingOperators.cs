using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Rotary position embedding: pairs of features turned by an angle that grows with the position.</summary>
internal static class RotaryEmbeddingOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("RotaryEmbedding", call => Rotate(call, call[1], call[2], call.Optional(3)));
        table.Add("RotaryEmbedding", call => Rotate(call, call[2], call[3], call[1]), OperatorTable.Microsoft);
    }

    private static Tensor Rotate(OperatorCall call, Tensor cosines, Tensor sines, Tensor? positions)
    {
        var input = call.WithRank(0, 3, 4);
        var data = input.Widen();
        long half = cosines.shape[^1];
        // [N, T, heads, size]
        long heads = call.Int("num_heads", 0);
        if (heads == 0 && input.dim() == 3 && call.Int("rotary_embedding_dim", 0) == 0) heads = input.shape[2] / Math.Max(2 * half, 1);
        var x = input.dim() == 4 ? data.transpose(1, 2) : AttentionOperators.Heads(call, data, heads).transpose(1, 2);
        long rotated = call.Int("rotary_embedding_dim", 0) is > 0 and var some ? some : x.shape[3];
        if (rotated > x.shape[3] || rotated != 2 * half)
            throw call.Error($"caches of {half} columns do not go with {rotated} rotated features of {x.shape[3]}");

        var (cosine, sine) = (Angles(call, cosines, positions, x), Angles(call, sines, positions, x));
        var turned = x.narrow(3, 0, rotated);
        bool interleaved = call.Flag("interleaved");
        var pairs = interleaved ? turned.unflatten(3, half, 2) : turned.unflatten(3, 2, half).transpose(3, 4);
        var (first, second) = (pairs.select(4, 0), pairs.select(4, 1));
        var (real, imaginary) = ((cosine * first) - (sine * second), (sine * first) + (cosine * second));
        var result = interleaved ? stack([real, imaginary], -1).flatten(3) : cat([real, imaginary], 3);
        if (rotated < x.shape[3]) result = cat([result, x.narrow(3, rotated, x.shape[3] - rotated)], 3);
        return (input.dim() == 4 ? result.transpose(1, 2) : result.flatten(2)).As(input.dtype);
    }

    /// <summary>The cache's rows at the positions, <c>[N, T, 1, half]</c>; without positions the cache has them already.</summary>
    private static Tensor Angles(OperatorCall call, Tensor cache, Tensor? positions, Tensor x)
    {
        var (batch, length, half) = (x.shape[0], x.shape[1], cache.shape[^1]);
        var rows = cache.As(x.dtype);
        if (positions is not null)
        {
            if (cache.dim() != 2) throw call.Error($"a cache of shape {cache.ShapeText()} must have two dimensions");
            // One position is that of the first token.
            var places = positions.numel() == 1 && length > 1 ? positions.to(int64).flatten() + arange(length, int64, x.device) : positions.to(int64).flatten();
            if (places.numel() > 0 && (places.min().ToInt64() < 0 || places.max().ToInt64() >= cache.shape[0]))
                throw call.Error($"a position lies outside the cache's {cache.shape[0]} rows");
            rows = rows.index_select(0, places).reshape(-1, length, half);
        }

        if (rows.dim() == 2 && rows.shape[0] == length) rows = rows.unsqueeze(0);
        if (rows.dim() != 3 || rows.shape[1] != length || (rows.shape[0] != batch && rows.shape[0] != 1))
            throw call.Error($"a cache of shape {cache.ShapeText()} does not go with {batch} sequences of {length}");
        return rows.unsqueeze(2);
    }
}

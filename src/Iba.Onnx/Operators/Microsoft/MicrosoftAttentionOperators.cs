using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>OnnxRuntime's fused attention: with the projection of queries, keys and values inside, or without.</summary>
internal static class MicrosoftAttentionOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddMany("Attention", Attention, OperatorTable.Microsoft);
        table.AddMany("MultiHeadAttention", MultiHeadAttention, OperatorTable.Microsoft);
        table.AddMany("QAttention", QuantizedAttention, OperatorTable.Microsoft);
    }

    private static OnnxValue[] Attention(OperatorCall call)
    {
        var (input, weight) = (call.WithRank(0, 3, 3), call.WithRank(1, 2, 2));
        if (call.Flag("do_rotary")) throw call.Error("attribute 'do_rotary' is not supported");
        var projected = MatrixProduct.Multiply(call, input.Widen(), weight.Widen());
        if (call.Optional(2) is { } bias) projected = MicrosoftOperators.Sum(call, projected, bias);
        long[] sizes = call.Ints("qkv_hidden_sizes") is { Length: 3 } given ? given : TensorChecks.Repeated(weight.shape[1] / 3, 3);
        if (sizes.Sum() != weight.shape[1] || sizes.Any(size => size < 1))
            throw call.Error($"a weight of shape {weight.ShapeText()} cannot be split into queries, keys and values");

        long heads = call.Int("num_heads", 0);
        var parts = projected.split(sizes, 2).Select(part => AttentionOperators.Heads(call, part, heads)).ToArray();
        var past = call.Optional(4);
        if (past is not null && (past.dim() != 5 || past.shape[0] != 2)) throw call.Error($"past has shape {past.ShapeText()}");
        var key = AttentionOperators.Joined(call, past?[0], parts[1]);
        var value = AttentionOperators.Joined(call, past?[1], parts[2]);
        var output = Attend(call, parts[0], key, value, call.Optional(3), call.Optional(5), past?.shape[3] ?? 0).As(input.dtype);
        return call.WantsOutput(1) ? [output, stack([key, value], 0).As(input.dtype)] : [output];
    }

    /// <summary>Attention whose input and weight are quantised; all after the projection are numbers.</summary>
    private static OnnxValue[] QuantizedAttention(OperatorCall call)
    {
        var input = Quantization.Dequantize(call[0], call[3], call.Optional(6));
        var weight = Quantization.Dequantize(call[1], call[4], call.Optional(7));
        return Attention(call.With(input, weight, call[2], call.Value(5), call.Value(8)));
    }

    private static OnnxValue[] MultiHeadAttention(OperatorCall call)
    {
        long heads = call.Int("num_heads", 0);
        if (heads < 1) throw call.Error("attribute 'num_heads' must be positive");
        var type = call[0].dtype;
        var (query, key, value) = Separate(call, call[0].Widen(), call.Optional(1)?.Widen(), call.Optional(2)?.Widen());
        if (call.Optional(3) is { } bias)
        {
            long[] sizes = new[] { query, key, value }.Select(part => part.dim() == 3 ? part.shape[2] : part.shape[1] * part.shape[3]).ToArray();
            call.CheckShape("the bias", bias, sizes.Sum());
            var biases = bias.As(query.dtype).split(sizes);
            Tensor WithBias(Tensor part, Tensor own) => part.dim() == 3 ? part + own : part + own.reshape(1, part.shape[1], 1, part.shape[3]);
            (query, key, value) = (WithBias(query, biases[0]), WithBias(key, biases[1]), WithBias(value, biases[2]));
        }

        Tensor Split(Tensor part) => part.dim() == 4 ? part : AttentionOperators.Heads(call, part, heads);
        var presentKey = AttentionOperators.Joined(call, call.Optional(6), Split(key));
        var presentValue = AttentionOperators.Joined(call, call.Optional(7), Split(value));
        var output = Attend(call, Split(query), presentKey, presentValue, call.Optional(4), call.Optional(5), call.Optional(6)?.shape[2] ?? 0);
        return [output.As(type), presentKey.As(type), presentValue.As(type)];
    }

    /// <summary>Queries, keys and values that come apart, or packed together as <c>[N, T, heads, 2 or 3, size]</c>.</summary>
    private static (Tensor Query, Tensor Key, Tensor Value) Separate(OperatorCall call, Tensor query, Tensor? key, Tensor? value)
    {
        Tensor Part(Tensor packed, long parts, long index)
        {
            if (packed.dim() != 5 || packed.shape[3] != parts) throw call.Error($"packed values have shape {packed.ShapeText()}");
            return packed.select(3, index).transpose(1, 2);
        }

        if (key is null) return (Part(query, 3, 0), Part(query, 3, 1), Part(query, 3, 2));
        return value is null ? (query, Part(key, 2, 0), Part(key, 2, 1)) : (query, key, value);
    }

    private static Tensor Attend(OperatorCall call, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor? added, long pastLength)
    {
        var bias = new AttentionBias(call, query.shape[2], key.shape[2], query.dtype, query.device);
        bias.AddMask(added);
        if (mask is not null) bias.AddWhere(HiddenKeys(call, mask, query.shape[0], query.shape[2], key.shape[2]), call.Float("mask_filter_value", -10000));
        if (call.Flag("unidirectional")) bias.AddWindow(torch.tensor(pastLength, device: query.device), -1, 0);
        double scale = call.Float("scale", 0) is var given && given != 0 ? given : 1 / Math.Sqrt(query.shape[3]);
        return new DotProductAttention(call, scale).Run(query, key, value, bias.Total).Output.transpose(1, 2).flatten(2);
    }

    /// <summary>
    /// Which keys a mask hides, broadcasting to <c>[N, 1, queries, keys]</c>. It has a length for each row, an end and a start for
    /// each row, a flag for each key, or one for each query and key.
    /// </summary>
    private static Tensor HiddenKeys(OperatorCall call, Tensor mask, long batch, long queries, long keys)
    {
        var positions = arange(keys, int64, mask.device);
        if (mask.dim() == 1 && mask.shape[0] == batch) return positions.ge(mask.to(int64).reshape(-1, 1, 1, 1));
        if (mask.dim() == 1 && mask.shape[0] == 2 * batch)
            return positions.ge(mask.to(int64).narrow(0, 0, batch).reshape(-1, 1, 1, 1)) | positions.lt(mask.to(int64).narrow(0, batch, batch).reshape(-1, 1, 1, 1));
        if (mask.dim() == 2 && mask.shape[1] == keys) return mask.eq(0).unsqueeze(1).unsqueeze(1);
        if (mask.dim() == 3 && mask.shape[1] == queries && mask.shape[2] == keys) return mask.eq(0).unsqueeze(1);
        if (mask.dim() == 4 && mask.shape[2] >= keys && mask.shape[3] >= keys)
            return mask.eq(0).narrow(2, keys - queries, queries).narrow(3, 0, keys);
        throw call.Error($"a mask of shape {mask.ShapeText()} is not supported");
    }
}

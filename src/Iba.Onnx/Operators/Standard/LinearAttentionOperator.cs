using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Attention without a softmax: a matrix of state that every token updates and reads.</summary>
internal static class LinearAttentionOperator
{
    public static void Register(OperatorTable table) => table.AddMany("LinearAttention", LinearAttention);

    private static OnnxValue[] LinearAttention(OperatorCall call)
    {
        var (queryHeads, heads) = (call.Int("q_num_heads", 0), call.Int("kv_num_heads", 0));
        if (heads < 1 || queryHeads < 1 || queryHeads % heads != 0)
            throw call.Error($"q_num_heads {queryHeads} must be a positive multiple of kv_num_heads {heads}");
        string rule = call.String("update_rule", "gated_delta");
        if (rule is not ("linear" or "gated" or "delta" or "gated_delta")) throw call.Error($"update_rule '{rule}' is not known");

        var type = call[0].dtype;
        var query = AttentionOperators.Heads(call, call[0].Widen(), queryHeads);
        var key = AttentionOperators.Heads(call, call[1].Widen(), heads);
        var value = AttentionOperators.Heads(call, call[2].Widen(), heads);
        var (batch, length, keySize, valueSize) = (key.shape[0], key.shape[2], key.shape[3], value.shape[3]);
        call.CheckShape("the query", query, batch, queryHeads, length, keySize);
        call.CheckShape("the value", value, batch, heads, length, valueSize);
        var decay = rule.StartsWith("gated", StringComparison.Ordinal) ? Heads(call, 4, heads, keySize, query)?.exp() ?? throw call.Error("needs a decay") : null;
        var beta = rule.EndsWith("delta", StringComparison.Ordinal) ? Heads(call, 5, heads, 1, query) ?? throw call.Error("needs a beta") : null;

        var past = call.Optional(3);
        if (past is not null) call.CheckShape("past_state", past, batch, heads, keySize, valueSize);
        var state = past?.As(query.dtype) ?? zeros([batch, heads, keySize, valueSize], query.dtype, query.device);
        double scale = call.Float("scale", 0) is var given && given != 0 ? given : 1 / Math.Sqrt(keySize);

        var outputs = new List<Tensor>();
        for (int t = 0; t < length; t++)
        {
            var (row, written) = (key.select(2, t).unsqueeze(3), value.select(2, t).unsqueeze(2));
            if (decay is not null) state = state * decay.select(2, t).unsqueeze(3);
            if (beta is not null) written = beta.select(2, t).unsqueeze(3) * (written - (state * row).sum(2, keepdim: true));
            state = state + (row * written);
            var read = queryHeads == heads ? state : state.repeat_interleave(queryHeads / heads, 1);
            outputs.Add((query.select(2, t).unsqueeze(3) * read).sum(2) * scale);
        }

        if (outputs.Count == 0) throw call.Error("has a sequence of length zero");
        return [stack(outputs, 1).flatten(2).As(type), state.alias().As(past?.dtype ?? type)];
    }

    /// <summary>Numbers for each head, or for each head and key element: <c>[N, heads or 1, T, size or 1]</c>.</summary>
    private static Tensor? Heads(OperatorCall call, int input, long heads, long size, Tensor like)
    {
        if (call.Optional(input) is not { } given) return null;
        long last = given.dim() == 3 ? given.shape[2] : 0;
        if (last != heads && last != heads * size && (last != 1 || size != 1)) throw call.Error($"input {input} has shape {given.ShapeText()}");
        call.CheckShape($"input {input}", given, like.shape[0], like.shape[2], last);
        return AttentionOperators.Heads(call, given.As(like.dtype), last == 1 ? 1 : heads);
    }
}

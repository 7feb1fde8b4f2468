using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Scaled dot-product attention: ONNX's Attention (opsets 23 to 25) and the preview's FlexAttention.</summary>
internal static class AttentionOperators
{
    private const string Preview = "ai.onnx.preview";

    public static void Register(OperatorTable table)
    {
        table.AddMany("Attention", Attention);
        table.Add("FlexAttention", FlexAttention, Preview);
    }

    private static OnnxValue[] Attention(OperatorCall call)
    {
        var (query, key, value) = (call.WithRank(0, 3, 4), call[1], call[2]);
        var type = query.dtype;
        bool packed = query.dim() == 3;
        var q = Heads(call, query.Widen(), packed ? call.Int("q_num_heads", 0) : 0);
        var k = Heads(call, key.Widen(), packed ? call.Int("kv_num_heads", 0) : 0);
        var v = Heads(call, value.Widen(), packed ? call.Int("kv_num_heads", 0) : 0);
        var (pastKey, pastValue) = (call.Optional(4), call.Optional(5));
        if (pastKey is null != pastValue is null) throw call.Error("needs past_key and past_value together");
        var (presentKey, presentValue) = (Joined(call, pastKey, k), Joined(call, pastValue, v));

        var lengths = call.Optional(6);
        if (lengths is not null) call.CheckShape("nonpad_kv_seqlen", lengths, q.shape[0]);
        var bias = new AttentionBias(call, q.shape[2], presentKey.shape[2], q.dtype, q.device);
        bias.AddMask(call.Optional(3));
        // How many keys come before the first query.
        var offset = lengths is not null && pastKey is null
            ? lengths.to(int64).reshape(-1, 1, 1, 1) - q.shape[2]
            : torch.tensor(pastKey?.shape[2] ?? 0L, device: q.device);
        bias.AddWindow(offset, call.Int("left_window_size", -1), call.Flag("is_causal") ? 0 : -1);
        bias.AddWindow(offset, -1, call.Int("right_window_size", -1));
        if (lengths is not null) bias.AddLengths(lengths.to(int64).reshape(-1, 1, 1, 1));

        var attended = new DotProductAttention(call, call.Has("scale") ? call.Float("scale", 1) : 1 / Math.Sqrt(q.shape[3]))
        {
            Softcap = call.Float("softcap", 0),
        }.Run(q, presentKey, presentValue, bias.Total);
        var output = packed ? attended.Output.transpose(1, 2).flatten(2) : attended.Output;
        var shown = call.Int("qk_matmul_output_mode", 0) switch
        {
            0 => attended.Products,
            1 => attended.Capped,
            2 => attended.Biased,
            3 => attended.Probabilities,
            var other => throw call.Error($"qk_matmul_output_mode {other} is outside [0, 3]"),
        };
        return [output.As(type), presentKey.As(key.dtype), presentValue.As(value.dtype), shown.As(type)];
    }

    private static Tensor FlexAttention(OperatorCall call)
    {
        var (query, key, value) = (call.WithRank(0, 4, 4).Widen(), call.WithRank(1, 4, 4).Widen(), call.WithRank(2, 4, 4).Widen());
        Func<Tensor, Tensor>? Modified(string name) => call.Has(name)
            ? tensor => call.Run(call.Subgraph(name), tensor) is [TensorValue only] ? only.Tensor.As(tensor.dtype) : throw call.Error($"'{name}' must yield one tensor")
            : null;
        return new DotProductAttention(call, call.Has("scale") ? call.Float("scale", 1) : 1 / Math.Sqrt(query.shape[3]))
        {
            ScoreModification = Modified("score_mod"),
            ProbabilityModification = Modified("prob_mod"),
        }.Run(query, key, value, bias: null).Output.As(call[2].dtype);
    }

    /// <summary><c>[N, T, heads * size]</c> as <c>[N, heads, T, size]</c>; four dimensions stay as they are.</summary>
    public static Tensor Heads(OperatorCall call, Tensor tensor, long heads)
    {
        if (tensor.dim() == 4 && heads == 0) return tensor;
        if (tensor.dim() != 3 || heads < 1 || tensor.shape[2] % heads != 0)
            throw call.Error($"shape {tensor.ShapeText()} cannot be split into {heads} heads");
        return tensor.reshape(tensor.shape[0], tensor.shape[1], heads, tensor.shape[2] / heads).transpose(1, 2);
    }

    /// <summary>The keys or values of earlier calls, followed by these.</summary>
    public static Tensor Joined(OperatorCall call, Tensor? past, Tensor now)
    {
        if (past is null) return now.alias();
        call.CheckShape("a past input", past, now.shape[0], now.shape[1], past.dim() > 2 ? past.shape[2] : 0, now.shape[3]);
        return cat([past.As(now.dtype), now], 2);
    }
}

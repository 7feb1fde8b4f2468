using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>OnnxRuntime's fused normalisations: with skip connections, of embeddings, and the ones without a mean.</summary>
internal static class MicrosoftNormalizationOperators
{
    private const string Domain = OperatorTable.Microsoft;

    public static void Register(OperatorTable table)
    {
        table.AddMany("EmbedLayerNormalization", EmbedLayerNormalization, Domain);
        table.Add("GroupNorm", GroupNorm, Domain);
        // OnnxRuntime registers this one in the standard's own domain.
        table.AddMany("SimplifiedLayerNormalization", SimplifiedLayerNormalization);
        table.AddMany("SimplifiedLayerNormalization", SimplifiedLayerNormalization, Domain);
        table.AddMany("SkipLayerNormalization", SkipLayerNormalization, Domain);
        table.AddMany("SkipSimplifiedLayerNormalization", SkipSimplifiedLayerNormalization, Domain);
    }

    private static OnnxValue[] SimplifiedLayerNormalization(OperatorCall call)
    {
        var (normalized, inverseRoot) = NormalizationOperators.RootMeanSquare(call, call[0], call[1], call.Axis(call.Int("axis", -1), call[0].dim()));
        return [normalized, inverseRoot];
    }

    private static OnnxValue[] SkipLayerNormalization(OperatorCall call)
    {
        var sum = Sum(call, call.Optional(4));
        return [LayerNorm(call, sum, call[2], call.Optional(3)), NoValue.Instance, NoValue.Instance, sum];
    }

    private static OnnxValue[] SkipSimplifiedLayerNormalization(OperatorCall call)
    {
        var sum = Sum(call, call.Optional(3));
        var (normalized, inverseRoot) = NormalizationOperators.RootMeanSquare(call, sum, call[2], (int)sum.dim() - 1);
        return [normalized, NoValue.Instance, inverseRoot, sum];
    }

    private static Tensor Sum(OperatorCall call, Tensor? bias)
    {
        var sum = MicrosoftOperators.Sum(call, call[0], call[1]);
        return bias is null ? sum : MicrosoftOperators.Sum(call, sum, bias);
    }

    /// <summary>Word, position and segment embeddings, added and normalised; also how many tokens the mask leaves in each row.</summary>
    private static OnnxValue[] EmbedLayerNormalization(OperatorCall call)
    {
        var tokens = call.WithRank(0, 2, 2);
        var (batch, length) = (tokens.shape[0], tokens.shape[1]);
        var sum = Rows(call, call[2], tokens);
        var positions = call.Optional(8) ?? arange(length, int64, tokens.device).unsqueeze(0);
        sum = MicrosoftOperators.Sum(call, sum, Rows(call, call[3], positions));
        if (call.Optional(4) is { } segments) sum = MicrosoftOperators.Sum(call, sum, Rows(call, segments, call[1]));
        var counts = call.Optional(7) is { } mask ? mask.to(int32).sum(1, type: int32) : zeros([batch], int32, tokens.device);
        return [LayerNorm(call, sum, call[5], call[6]), counts, sum];
    }

    private static Tensor Rows(OperatorCall call, Tensor table, Tensor indices)
    {
        var flat = indices.to(int64).flatten();
        if (table.dim() != 2 || (flat.numel() > 0 && (flat.min().ToInt64() < 0 || flat.max().ToInt64() >= table.shape[0])))
            throw call.Error($"an index lies outside a table of shape {table.ShapeText()}");
        return table.index_select(0, flat).reshape([.. indices.shape, table.shape[1]]);
    }

    private static Tensor LayerNorm(OperatorCall call, Tensor input, Tensor scale, Tensor? bias)
    {
        long size = input.shape[^1];
        call.CheckShape("the scale", scale, size);
        if (bias is not null) call.CheckShape("the bias", bias, size);
        var data = input.Widen();
        return nn.functional.layer_norm(data, [size], scale.As(data.dtype), bias?.As(data.dtype), call.Float("epsilon", 1e-12f)).As(input.dtype);
    }

    private static Tensor GroupNorm(OperatorCall call)
    {
        var input = call.WithRank(0, 3);
        bool last = call.Flag("channels_last", otherwise: true);
        var data = last ? input.Widen().movedim([-1], [1]) : input.Widen();
        var (groups, channels) = (call.Int("groups", 0), data.shape[1]);
        if (groups < 1 || channels % groups != 0) throw call.Error($"{channels} channels cannot be split into {groups} groups");
        call.CheckShape("the scale", call[1], channels);
        call.CheckShape("the bias", call[2], channels);
        var output = nn.functional.group_norm(data, groups, call[1].As(data.dtype), call[2].As(data.dtype), call.Float("epsilon", 1e-5f));
        if (call.Flag("activation")) output = nn.functional.silu(output);
        return (last ? output.movedim([1], [-1]) : output).As(input.dtype);
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Losses over class scores <c>[N, C, ...]</c> and class indices <c>[N, ...]</c>.</summary>
internal static class LossOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("NegativeLogLikelihoodLoss", call => Loss(call, call[0].Widen()).As(call[0].dtype));
        table.AddMany("SoftmaxCrossEntropyLoss", SoftmaxCrossEntropyLoss);
    }

    private static OnnxValue[] SoftmaxCrossEntropyLoss(OperatorCall call)
    {
        var scores = call.WithRank(0, 2);
        var logarithms = nn.functional.log_softmax(scores.Widen(), 1);
        var loss = Loss(call, logarithms).As(scores.dtype);
        return call.WantsOutput(1) ? [loss, logarithms.As(scores.dtype)] : [loss];
    }

    private static Tensor Loss(OperatorCall call, Tensor logarithms)
    {
        if (logarithms.dim() < 2) throw call.Error($"input 0 has shape {logarithms.ShapeText()}, but its rank must be at least 2");
        long classes = logarithms.shape[1];
        var target = call[1].As(ScalarType.Int64);
        call.CheckShape("input 1", target, [logarithms.shape[0], .. logarithms.shape[2..]]);

        var ignored = call.Has("ignore_index") ? target.eq(call.Int("ignore_index", 0)) : null;
        if (ignored is not null) target = target.masked_fill(ignored, 0);
        if (target.numel() > 0 && (target.min().ToInt64() < 0 || target.max().ToInt64() >= classes))
            throw call.Error($"a class index lies outside [0, {classes - 1}]");

        Tensor? weights = null;
        if (call.Optional(2) is { } classWeights)
        {
            call.CheckShape("input 2", classWeights, classes);
            weights = classWeights.As(logarithms.dtype).index_select(0, target.flatten()).reshape(target.shape);
        }

        if (ignored is not null) weights = (weights ?? ones(target.shape, logarithms.dtype, logarithms.device)).masked_fill(ignored, 0);
        var losses = -logarithms.gather(1, target.unsqueeze(1)).squeeze(1);
        if (weights is not null) losses = losses * weights;
        return call.String("reduction", "mean") switch
        {
            "none" => losses,
            "sum" => losses.sum(),
            "mean" => weights is null ? losses.mean() : losses.sum() / weights.sum(),
            var other => throw call.Error($"reduction '{other}' is none of none, sum, mean"),
        };
    }
}

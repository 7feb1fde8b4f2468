using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Pools over all spatial positions.</summary>
internal static class GlobalPoolOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("GlobalAveragePool", call => Pool(call, (tensor, spatial) => tensor.mean(spatial, keepdim: true)));
        table.Add("GlobalLpPool", call => Pool(call, (tensor, spatial) =>
        {
            double power = PoolOperators.Power(call);
            return PoolOperators.Root(tensor.abs().pow(power).sum(spatial, keepdim: true), power);
        }));
        table.Add("GlobalMaxPool", call => Pool(call, (tensor, spatial) => tensor.amax(spatial, keepdim: true)));
    }

    private static Tensor Pool(OperatorCall call, Func<Tensor, long[], Tensor> compute)
    {
        var input = call.WithRank(0, 3);
        if (input.numel() == 0) throw call.Error($"has nothing to pool in shape {input.ShapeText()}");
        long[] spatial = Enumerable.Range(2, (int)input.dim() - 2).Select(dimension => (long)dimension).ToArray();
        return compute(input.Widen(), spatial).As(input.dtype);
    }
}

using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Operators that walk along one axis: positions of extremes, running sums and products, the largest elements.</summary>
internal static class AlongAxisOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("ArgMax", call => ArgExtreme(call, isMax: true));
        table.Add("ArgMin", call => ArgExtreme(call, isMax: false));
        table.AddKeepingType("CumSum", call => Cumulate(call, 0, (x, axis) => x.cumsum(axis, x.dtype)));
        table.AddKeepingType("CumProd", call => Cumulate(call, 1, (x, axis) => x.cumprod(axis, x.dtype)));
        table.AddMany("TopK", TopK);
    }

    private static Tensor ArgExtreme(OperatorCall call, bool isMax)
    {
        var input = call[0];
        int axis = call.Axis(call.Int("axis", 0), Math.Max(input.dim(), 1));
        bool keep = call.Flag("keepdims", true);
        if (input.dim() == 0) return zeros([], ScalarType.Int64, input.device);
        long size = input.shape[axis];
        if (size == 0) throw call.Error($"has no elements along axis {axis}");

        bool takeLast = call.Flag("select_last_index");
        var searched = takeLast ? input.flip(axis) : input;
        var index = isMax ? searched.argmax(axis, keep) : searched.argmin(axis, keep);
        return takeLast ? size - 1 - index : index;
    }

    private static Tensor Cumulate(OperatorCall call, double start, Func<Tensor, int, Tensor> compute)
    {
        var input = call[0];
        int axis = call.Axis(call.Longs(1) is [var number] ? number : throw call.Error("needs one axis as input 1"), input.dim());
        bool isReversed = call.Flag("reverse");
        var elements = isReversed ? input.flip(axis) : input;
        long size = elements.shape[axis];
        if (call.Flag("exclusive") && size > 0)
        {
            var first = full_like(elements.narrow(axis, 0, 1), start);
            elements = cat([first, elements.narrow(axis, 0, size - 1)], axis);
        }
        var result = compute(elements, axis);
        return isReversed ? result.flip(axis) : result;
    }

    /// <summary>The k largest (smallest) elements; of equal ones the first comes first.</summary>
    private static OnnxValue[] TopK(OperatorCall call)
    {
        var input = call[0];
        int axis = call.Axis(call.Int("axis", -1), input.dim());
        long count = call.Opset < 10 ? call.Int("k", 0)
            : call.Longs(1) is [var number] ? number
            : throw call.Error("needs one number as input 1");
        long size = input.shape[axis];
        if (count < 0 || count > size) throw call.Error($"asks for {count} of {size} elements");

        // A stable sort, since libtorch's topk orders equal elements as it likes.
        var (_, order) = input.detach().sort(axis, call.Flag("largest", true), stable: true);
        var indices = order.narrow(axis, 0, count).contiguous();
        return [NarrowTypes.As(input.gather(axis, indices), call.WidenedFrom(0)), indices];
    }
}

using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>
/// Softmax and its kin. From opset 13 they work along one axis; before, they flattened the tensor into a matrix at the axis and
/// worked along its rows.
/// </summary>
internal static class SoftmaxOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("Hardmax", call => AlongRows(call, (tensor, axis) => Hardmax(tensor, axis)));
        table.Add("LogSoftmax", call => AlongRows(call, (tensor, axis) => nn.functional.log_softmax(tensor, axis)));
        table.Add("Softmax", call => AlongRows(call, (tensor, axis) => nn.functional.softmax(tensor, axis)));
    }

    private static Tensor AlongRows(OperatorCall call, Func<Tensor, long, Tensor> compute)
    {
        var input = call.WithRank(0, 1);
        long stated = call.Int("axis", call.Opset >= 13 ? -1 : 1);
        // A matrix can also be cut behind the last axis; negative axes count from the last all the same.
        int axis = call.Opset < 13 && stated == input.dim() ? (int)stated : call.Axis(stated, input.dim());
        if (input.numel() == 0) return input.clone();
        var data = input.Widen();
        if (call.Opset >= 13) return compute(data, axis).As(input.dtype);
        var rows = data.reshape(input.shape.AsSpan(0, axis).Product(), -1);
        return compute(rows, 1).reshape(input.shape).As(input.dtype);
    }

    /// <summary>One at the first largest element, zero elsewhere.</summary>
    private static Tensor Hardmax(Tensor tensor, long axis)
        => zeros_like(tensor).scatter(axis, tensor.argmax(axis, keepdim: true), ones_like(tensor));
}

using TorchSharp;

namespace Iba.Onnx;

/// <summary>Counts the multiplications of a node from the shapes of its inputs and outputs; 0 for the cheap operators.</summary>
internal static class Multiplications
{
    public static double Of(GraphNode node, IReadOnlyList<OnnxValue?> inputs, IReadOnlyList<OnnxValue> outputs)
    {
        if (Tensor(inputs, 0) is not { } x || outputs is not [TensorValue { Tensor: var y }, ..]) return 0;
        var weight = Tensor(inputs, 1);
        return node.Operator switch
        {
            "Conv" or "FusedConv" or "ConvInteger" when weight is { } w && w.dim() > 1 => (double)y.numel() * w.numel() / w.shape[0],
            "QLinearConv" when Tensor(inputs, 3) is { } w && w.dim() > 1 => (double)y.numel() * w.numel() / w.shape[0],
            "ConvTranspose" when weight is { } w && w.dim() > 1 => (double)x.numel() * w.numel() / w.shape[0],
            "MatMul" or "FusedMatMul" or "MatMulInteger" or "QLinearMatMul" or "DynamicQuantizeMatMul" or "MatMulIntegerToFloat" or "MatMulNBits" when x.dim() > 0 => (double)y.numel() * x.shape[^1],
            "Gemm" or "FusedGemm" or "QGemm" when x.dim() == 2 && y.dim() == 2 => (double)y.numel() * x.numel() / Math.Max(1, y.shape[0]),
            "Einsum" when weight is { } w => Math.Sqrt((double)x.numel() * w.numel() * y.numel()),
            "LSTM" or "GRU" or "RNN" when weight is { } w && Tensor(inputs, 2) is { } r && x.dim() == 3 => (double)x.shape[0] * x.shape[1] * (w.numel() + r.numel()),
            "Attention" or "MultiHeadAttention" or "QAttention" when weight is { } key && y.dim() > 1 => 2.0 * y.numel() * key.shape[^2],
            _ => 0,
        };
    }

    private static torch.Tensor? Tensor(IReadOnlyList<OnnxValue?> values, int index) => (values.ElementAtOrDefault(index) as TensorValue)?.Tensor;
}

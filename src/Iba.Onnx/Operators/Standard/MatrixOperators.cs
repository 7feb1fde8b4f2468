using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Matrix products and determinants.</summary>
internal static class MatrixOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("Det", Det);
        table.Add("Gemm", call => Gemm(call));
        table.Add("MatMul", call => MatrixProduct.Multiply(call, call[0], call[1]));
    }

    /// <summary><c>alpha * A * B + beta * C</c>, A and B transposed on demand.</summary>
    /// <param name="call">The node.</param>
    /// <param name="widens">Whether half precision is computed in float32.</param>
    public static Tensor Gemm(OperatorCall call, bool widens = true)
    {
        var (left, right, bias) = (call.WithRank(0, 2, 2), call.WithRank(1, 2, 2), call.Optional(2));
        var type = widens ? Precision.Wide(left.dtype) : left.dtype;
        var a = call.Flag("transA") ? left.As(type).t() : left.As(type);
        var b = call.Flag("transB") ? right.As(type).t() : right.As(type);
        if (a.shape[1] != b.shape[0]) throw call.Error($"shapes {a.ShapeText()} and {b.ShapeText()} have no matrix product");

        var (alpha, beta) = (call.Float("alpha", 1), call.Float("beta", 1));
        if (bias is null || beta == 0) return Scaled(a.mm(b), alpha).As(left.dtype);
        CheckBias(call, bias, a.shape[0], b.shape[1]);
        bool fused = alpha == 1 && beta == 1 && bias.dim() == 1 && bias.shape[0] == b.shape[1] && is_floating_point(left);
        if (fused && ConvolvedProduct.Multiply(a, b, bias.As(type)) is { } product) return product.As(left.dtype);
        return (fused ? bias.As(type).addmm(a, b) : Scaled(a.mm(b), alpha) + Scaled(bias.As(type), beta)).As(left.dtype);
    }

    private static void CheckBias(OperatorCall call, Tensor bias, long rows, long columns)
    {
        bool fits = bias.dim() <= 2 && (bias.dim() < 1 || bias.shape[^1] == 1 || bias.shape[^1] == columns)
            && (bias.dim() < 2 || bias.shape[0] == 1 || bias.shape[0] == rows);
        if (!fits) throw call.Error($"input 2 of shape {bias.ShapeText()} cannot be broadcast to [{rows}, {columns}]");
    }

    private static Tensor Scaled(Tensor tensor, float factor) => factor == 1 ? tensor : (tensor * factor).As(tensor.dtype);

    private static Tensor Det(OperatorCall call)
    {
        var input = call.WithRank(0, 2);
        if (input.shape[^1] != input.shape[^2]) throw call.Error($"shape {input.ShapeText()} is not square");
        return linalg.det(input.Widen()).As(input.dtype);
    }
}

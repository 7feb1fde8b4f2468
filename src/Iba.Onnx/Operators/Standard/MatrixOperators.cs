using static TorchSharp.torch;

namespace Iba.Onnx.Operators;

/// <summary>Matrix products and determinants.</summary>
internal static class MatrixOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("Det", Det);
        table.Add("Gemm", Gemm);
        table.Add("MatMul", call => Multiply(call, call[0], call[1]));
    }

    /// <summary>A (batched, broadcast) matrix product. Everything is checked here: TorchSharp's binding ends the process where libtorch throws.</summary>
    public static Tensor Multiply(OperatorCall call, Tensor left, Tensor right)
    {
        if (left.dim() == 0 || right.dim() == 0 || left.shape[^1] != right.shape[right.dim() == 1 ? 0 : ^2])
            throw call.Error($"shapes {left.ShapeText()} and {right.ShapeText()} have no matrix product");
        if (left.dtype == ScalarType.Bool && right.dtype == ScalarType.Bool) throw call.Error("multiplies matrices of booleans");
        long[] batch = Broadcasting.Shape(call, BatchShape(left), BatchShape(right));
        long rows = left.dim() > 1 ? left.shape[^2] : 1;
        long columns = right.dim() > 1 ? right.shape[^1] : 1;
        OperatorLimits.Check(call, [.. batch, rows, columns], left.numel() + right.numel());

        var type = left.dtype == right.dtype ? left.dtype : promote_types(left.dtype, right.dtype);
        // Neither this nor a lack of memory is an exception of matmul: both end the process.
        if (type == ScalarType.Bool) throw call.Error("multiplies matrices of booleans");
        if (left.dim() > 2 || right.dim() > 2 || left.shape[^1] == 1) CheckSize(call, left, right);
        var wide = Precision.Wide(type);
        if (right.dim() == 2 && left.dim() >= 2 && left.numel() > 0
            && ConvolvedProduct.Multiply(left.As(wide).reshape(-1, left.shape[^1]), right.As(wide), bias: null) is { } product)
        {
            return product.reshape([.. left.shape[..^1], columns]).As(type);
        }

        // Claimed once where a lack of memory is an exception.
        empty([.. batch, rows, columns], dtype: wide, device: left.device).Dispose();
        return matmul(left.As(wide), right.As(wide)).As(type);
    }

    /// <summary><c>alpha * A * B + beta * C</c>, A and B transposed on demand.</summary>
    public static Tensor Gemm(OperatorCall call)
    {
        var (left, right, bias) = (call.WithRank(0, 2, 2), call.WithRank(1, 2, 2), call.Optional(2));
        var type = Precision.Wide(left.dtype);
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

    private static void CheckSize(OperatorCall call, Tensor left, Tensor right)
    {
        long[] batch = Broadcasting.Shape(call, BatchShape(left), BatchShape(right));
        long[] product = [.. batch, left.dim() > 1 ? left.shape[^2] : 1, right.dim() > 1 ? right.shape[^1] : 1];
        OperatorLimits.Check(call, product, Math.Max(left.numel(), right.numel()));
    }

    private static long[] BatchShape(Tensor tensor) => tensor.dim() > 2 ? tensor.shape[..^2] : [];
}

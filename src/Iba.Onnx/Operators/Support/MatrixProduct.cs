using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>The matrix product that operators of several families end in.</summary>
internal static class MatrixProduct
{
    /// <summary>A (batched, broadcast) matrix product. Everything is checked here: TorchSharp's binding ends the process where libtorch throws.</summary>
    /// <param name="call">The node.</param>
    /// <param name="left">The left factor.</param>
    /// <param name="right">The right factor.</param>
    /// <param name="widens">Whether half precision is computed in float32.</param>
    public static Tensor Multiply(OperatorCall call, Tensor left, Tensor right, bool widens = true)
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
        var wide = widens ? Precision.Wide(type) : type;
        if (right.dim() == 2 && left.dim() >= 2 && left.numel() > 0
            && ConvolvedProduct.Multiply(left.As(wide).reshape(-1, left.shape[^1]), right.As(wide), bias: null) is { } product)
        {
            return product.reshape([.. left.shape[..^1], columns]).As(type);
        }

        // Claimed once where a lack of memory is an exception.
        empty([.. batch, rows, columns], dtype: wide, device: left.device).Dispose();
        return matmul(left.As(wide), right.As(wide)).As(type);
    }

    private static void CheckSize(OperatorCall call, Tensor left, Tensor right)
    {
        long[] batch = Broadcasting.Shape(call, BatchShape(left), BatchShape(right));
        long[] product = [.. batch, left.dim() > 1 ? left.shape[^2] : 1, right.dim() > 1 ? right.shape[^1] : 1];
        OperatorLimits.Check(call, product, Math.Max(left.numel(), right.numel()));
    }

    private static long[] BatchShape(Tensor tensor) => tensor.dim() > 2 ? tensor.shape[..^2] : [];
}

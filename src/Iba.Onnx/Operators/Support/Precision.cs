using TorchSharp;

namespace Iba.Onnx;

/// <summary>
/// The element type to compute in. Half precision is computed in float32 and rounded once at the end: libtorch lacks some of its
/// CPU kernels, and sums over many half-precision products lose digits.
/// </summary>
internal static class Precision
{
    public static torch.ScalarType Wide(torch.ScalarType type)
        => type is torch.ScalarType.Float16 or torch.ScalarType.BFloat16 ? torch.ScalarType.Float32 : type;

    /// <summary>The tensor itself, or a float32 copy of a half-precision one.</summary>
    public static torch.Tensor Widen(this torch.Tensor tensor) => tensor.As(Wide(tensor.dtype));

    /// <summary>The tensor itself where it has the type already, else a converted copy.</summary>
    public static torch.Tensor As(this torch.Tensor tensor, torch.ScalarType type) => tensor.dtype == type ? tensor : tensor.to(type);

    /// <summary>The element type to compute in when values of small integer types are to be interpolated or averaged.</summary>
    public static torch.ScalarType Floating(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Float32 or torch.ScalarType.Float64 => type,
        torch.ScalarType.Int32 or torch.ScalarType.Int64 => torch.ScalarType.Float64,
        _ => torch.ScalarType.Float32,
    };
}

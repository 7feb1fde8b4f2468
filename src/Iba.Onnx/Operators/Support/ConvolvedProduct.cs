using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Onnx;

/// <summary>
/// Products with a weight matrix as 1x1 convolutions. libtorch leaves matrix products to MKL and convolutions to oneDNN: on processors
/// that are not Intel's MKL uses half of the vector width that oneDNN uses, and with few rows it reads a large matrix several times.
/// The values are the same up to float rounding; which way is taken depends on the shapes alone.
/// </summary>
/// <remarks>Seen on an AMD EPYC with AVX-512, forward and backward: 2.8x with VGG-16's first dense layer and 10 rows, 2x with a transformer's.</remarks>
internal static class ConvolvedProduct
{
    /// <summary>From this many rows on they are the image, and the matrix is the filters; below, the other way round.</summary>
    private const long ManyRows = 64;

    /// <summary>A single row or two are products with a vector, which MKL reads the matrix for once.</summary>
    private const long FewestRows = 4;

    /// <summary>Below these sizes a convolution's preparations cost more than it saves.</summary>
    private const long FewestMultiplications = 1 << 23;
    private const long SmallestMatrix = 1 << 20;

    private const long MostImages = 64;

    /// <summary>Whether libtorch has oneDNN here.</summary>
    public static bool Offered => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Whether a matrix <c>[I, O]</c> is worth being laid out as <c>[O, I]</c> when a model is loaded.</summary>
    public static bool MayPay(Tensor matrix)
        => Offered && matrix.dim() == 2 && matrix.dtype == ScalarType.Float32 && matrix.shape[0] > 1 && matrix.shape[1] > 1;

    /// <summary>The product, or null where a plain matrix product is to be taken.</summary>
    /// <param name="rows"><c>[R, I]</c>.</param>
    /// <param name="matrix"><c>[I, O]</c>, laid out as <c>[O, I]</c>, without gradient.</param>
    /// <param name="bias"><c>[O]</c>, or null.</param>
    public static Tensor? Multiply(Tensor rows, Tensor matrix, Tensor? bias)
    {
        var (count, inputs, outputs) = (rows.shape[0], matrix.shape[0], matrix.shape[1]);
        if (!MayPay(matrix) || matrix.requires_grad || matrix.stride(0) != 1 || matrix.stride(1) != inputs) return null;
        if (rows.dtype != ScalarType.Float32 || rows.device_type != DeviceType.CPU || bias is { requires_grad: true }) return null;
        if (count >= ManyRows)
        {
            if (count * inputs * outputs < FewestMultiplications) return null;
            var image = rows.reshape(1, count, 1, inputs).permute(0, 3, 1, 2);
            return functional.conv2d(image, matrix.t().view(outputs, inputs, 1, 1), bias).permute(0, 2, 3, 1).reshape(count, outputs);
        }

        if (count < FewestRows || inputs * outputs < SmallestMatrix) return null;
        // The outputs are pixels, of several images where they can be: the backward pass divides its work by images.
        long images = Math.Min(outputs & -outputs, MostImages);
        var weights = matrix.t().view(images, outputs / images, 1, inputs).permute(0, 3, 1, 2);
        var product = functional.conv2d(weights, rows.reshape(count, inputs, 1, 1)).transpose(0, 1).reshape(count, outputs);
        return bias is null ? product : product.add_(bias);
    }
}

using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>The cases of Resize that libtorch's own kernels compute, faster than a product with weights.</summary>
internal static class NativeResize
{
    /// <summary>The resized tensor, or null where no kernel means exactly the same.</summary>
    public static Tensor? Find(Tensor input, ResizeMethod method, ResizeAxis[] axes)
    {
        int spatial = (int)input.dim() - 2;
        bool exact = axes.All(axis => axis.Dimension >= 2 && Math.Abs((axis.Scale * axis.Input) - axis.Output) < 1e-6);
        if (spatial is < 1 or > 3 || !exact || input.dtype is not (ScalarType.Float32 or ScalarType.Float64)) return null;
        if (method.Antialias || method.ExcludeOutside) return null;

        InterpolationMode? mode = (method.Mode, method.Transformation, spatial) switch
        {
            ("nearest", "asymmetric", _) when method.NearestMode is "floor" or "simple" && axes.All(Enlarges) => InterpolationMode.Nearest,
            // Enlarged by a whole number, no coordinate lies midway between two elements.
            ("nearest", "half_pixel", _) when method.NearestMode.StartsWith("round", StringComparison.Ordinal) && axes.All(Enlarges) => InterpolationMode.Nearest,
            ("linear", "half_pixel" or "align_corners", 1) => InterpolationMode.Linear,
            ("linear", "half_pixel" or "align_corners", 2) => InterpolationMode.Bilinear,
            ("linear", "half_pixel" or "align_corners", 3) => InterpolationMode.Trilinear,
            _ => null,
        };
        if (mode is null) return null;
        long[] sizes = input.shape[2..];
        foreach (var axis in axes) sizes[axis.Dimension - 2] = axis.Output;
        bool? alignCorners = method.IsNearest ? null : method.Transformation == "align_corners";
        return nn.functional.interpolate(input, sizes, null, mode.Value, alignCorners);
    }

    private static bool Enlarges(ResizeAxis axis) => axis.Output % axis.Input == 0;
}

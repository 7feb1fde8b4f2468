using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>One axis of a Resize.</summary>
/// <param name="Dimension">The dimension.</param>
/// <param name="Input">Its size before.</param>
/// <param name="Output">Its size after.</param>
/// <param name="Scale">The scale, which may differ from the ratio of the sizes where that was rounded.</param>
internal sealed record ResizeAxis(int Dimension, long Input, long Output, double Scale)
{
    /// <summary>Where the region of tf_crop_and_resize starts, as a share of the input.</summary>
    public double RegionStart { get; init; }

    /// <summary>Where the region of tf_crop_and_resize ends, as a share of the input.</summary>
    public double RegionEnd { get; init; } = 1;

    public bool IsIdentity => Output == Input && Math.Abs(Scale - 1) < 1e-9 && RegionStart == 0 && RegionEnd == 1;

    /// <summary>Nearest-neighbour interpolation: any element type stays as it is.</summary>
    public Tensor Pick(Tensor tensor, ResizeMethod method)
    {
        double[] coordinates = Coordinates<float>(method);
        long[] indices = coordinates.Select(x => Math.Clamp(Nearest(x, method.NearestMode), 0, Input - 1)).ToArray();
        using var index = torch.tensor(indices, device: tensor.device);
        return Extrapolated(tensor.index_select(Dimension, index), method);
    }

    /// <summary>Linear or cubic interpolation: a product with a matrix of weights, <c>[Output, Input]</c>.</summary>
    public Tensor Interpolate(Tensor tensor, ResizeMethod method)
    {
        double[] coordinates = Coordinates<double>(method);
        double[] matrix = new double[Output * Input];
        for (int row = 0; row < Output; row++) FillRow(matrix.AsSpan(row * (int)Input, (int)Input), coordinates[row], method);
        using var weights = torch.tensor(matrix, [Output, Input], device: tensor.device).to(tensor.dtype);
        long last = tensor.dim() - 1;
        var resized = tensor.transpose(Dimension, last).matmul(weights.t()).transpose(Dimension, last);
        return Extrapolated(resized, method);
    }

    /// <summary>The input's coordinate of each output element.</summary>
    /// <typeparam name="T">
    /// The type to compute in. To single out a nearest element, or those outside, it must be float, as in OnnxRuntime: 3 / 0.6 is 5 in
    /// float, but less with that scale as a double.
    /// </typeparam>
    private double[] Coordinates<T>(ResizeMethod method)
        where T : IFloatingPointIeee754<T>
    {
        T scale = T.CreateChecked(Scale), input = T.CreateChecked(Input), output = T.CreateChecked(Output), scaled = scale * input;
        var aligned = method.AlignsScaledLength ? scaled : output;
        T start = T.CreateChecked(RegionStart), extent = T.CreateChecked(RegionEnd) - start, half = T.CreateChecked(0.5);
        return Enumerable.Range(0, (int)Output).Select(index =>
        {
            var x = T.CreateChecked(index);
            return double.CreateChecked(method.Transformation switch
            {
                "align_corners" => aligned == T.One ? T.Zero : x * (input - T.One) / (aligned - T.One),
                "asymmetric" => x / scale,
                "pytorch_half_pixel" when output == T.One => T.Zero,
                "half_pixel_symmetric" => (input * half * (T.One - (output / scaled))) + ((x + half) / scale) - half,
                "tf_crop_and_resize" => (start * (input - T.One)) + (output == T.One
                    ? extent * (input - T.One) * half
                    : x * extent * (input - T.One) / (output - T.One)),
                _ => ((x + half) / scale) - half,
            });
        }).ToArray();
    }

    private long Nearest(double x, string mode) => (long)(mode switch
    {
        "floor" => Math.Floor(x),
        "ceil" => Math.Ceiling(x),
        "round_prefer_ceil" => Math.Floor(x + 0.5),
        "simple" => Scale < 1 ? Math.Ceiling(x) : Math.Floor(x),
        _ => Math.Ceiling(x - 0.5),
    });

    /// <summary>Weights around one coordinate; taps beyond the border fall to the border's element, or to none.</summary>
    private void FillRow(Span<double> row, double coordinate, ResizeMethod method)
    {
        // A coordinate on an element counts as one whole step after the element before.
        long before = (long)Math.Ceiling(coordinate) - 1;
        double[] weights = method.Weights(coordinate - before, Scale);
        long first = before - (weights.Length / 2) + 1;
        double inside = 1.0;
        if (method.ExcludeOutside)
        {
            inside = weights.Where((_, tap) => first + tap >= 0 && first + tap < Input).Sum();
            if (inside == 0) inside = 1;
        }

        for (int tap = 0; tap < weights.Length; tap++)
        {
            long index = first + tap;
            if (method.ExcludeOutside && (index < 0 || index >= Input)) continue;
            row[(int)Math.Clamp(index, 0, Input - 1)] += weights[tap] / inside;
        }
    }

    private Tensor Extrapolated(Tensor resized, ResizeMethod method)
    {
        if (method.Transformation != "tf_crop_and_resize") return resized;
        bool[] outside = Coordinates<float>(method).Select(x => x < 0 || x > Input - 1).ToArray();
        if (!outside.Contains(true)) return resized;
        using var mask = torch.tensor(outside, device: resized.device)
            .reshape([-1, .. TensorChecks.Repeated(1, (int)resized.dim() - 1 - Dimension)]);
        return resized.masked_fill(mask, method.ExtrapolationValue);
    }
}

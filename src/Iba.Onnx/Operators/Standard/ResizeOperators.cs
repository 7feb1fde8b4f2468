using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Resize and its forerunner Upsample: separable interpolation, one axis after the other.</summary>
internal static class ResizeOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("Resize", Resize);
        table.Add("Upsample", Upsample);
    }

    private static Tensor Upsample(OperatorCall call)
    {
        float[]? scales = call.Opset >= 9 ? Floats(call, 1) : call.Floats("scales");
        if (scales is null || scales.Length != call[0].dim()) throw call.Error($"needs {call[0].dim()} scales");
        var method = new ResizeMethod(call.String("mode", "nearest"), "asymmetric", "floor");
        return Resize(call, method, Axes(call, [.. Enumerable.Range(0, scales.Length)], scales));
    }

    private static Tensor Resize(OperatorCall call)
    {
        var input = call[0];
        int rank = (int)input.dim();
        if (call.Opset < 11)
        {
            float[]? factors = Floats(call, 1);
            if (factors is null || factors.Length != rank) throw call.Error($"needs {rank} scales");
            return Resize(call, new ResizeMethod(call.String("mode", "nearest"), "asymmetric", "simple"), Axes(call, [.. Enumerable.Range(0, rank)], factors));
        }

        int[] axes = call.Ints("axes") is { Length: > 0 } given ? [.. given.Select(axis => call.Axis(axis, rank))] : Enumerable.Range(0, rank).ToArray();
        if (axes.Distinct().Count() != axes.Length) throw call.Error("attribute 'axes' names an axis twice");
        long[]? sizes = call.Longs(3) is { Length: > 0 } longs ? longs : null;
        float[]? scales = sizes is null ? Floats(call, 2) : null;
        if ((sizes?.Length ?? scales?.Length) != axes.Length) throw call.Error($"needs {axes.Length} scales or sizes");

        var method = new ResizeMethod(
            call.String("mode", "nearest"),
            call.String("coordinate_transformation_mode", "half_pixel"),
            call.String("nearest_mode", "round_prefer_floor"))
        {
            CubicCoefficient = call.Float("cubic_coeff_a", -0.75f),
            ExcludeOutside = call.Flag("exclude_outside"),
            Antialias = call.Flag("antialias"),
            ExtrapolationValue = call.Float("extrapolation_value", 0),
            AlignsScaledLength = call.Opset >= 19,
        };
        var plan = sizes is null ? Axes(call, axes, scales!) : Axes(call, axes, sizes);
        if (method.Transformation == "tf_crop_and_resize") plan = WithRegion(call, plan);
        return Resize(call, method, plan);
    }

    private static Tensor Resize(OperatorCall call, ResizeMethod method, ResizeAxis[] axes)
    {
        var input = call[0];
        method.Check(call);
        if (axes.Length == 0 || axes.Any(axis => axis.Input == 0)) throw call.Error($"has nothing to interpolate in shape {input.ShapeText()}");
        long[] shape = input.shape;
        foreach (var axis in axes) shape[axis.Dimension] = axis.Output;
        OperatorLimits.Check(call, shape, input.numel());

        var changed = axes.Where(axis => !axis.IsIdentity).ToArray();
        if (changed.Length == 0) return input.alias();
        if (NativeResize.Find(input, method, changed) is { } native) return native;
        if (method.IsNearest) return changed.Aggregate(input, (tensor, axis) => axis.Pick(tensor, method));

        var data = input.As(Precision.Floating(input.dtype));
        data = changed.Aggregate(data, (tensor, axis) => axis.Interpolate(tensor, method));
        return input.is_floating_point() ? data.As(input.dtype) : Saturate(data, input.dtype);
    }

    /// <summary>Axes with given scales; a size is the scaled one rounded down, in float32 as exporters compute it.</summary>
    private static ResizeAxis[] Axes(OperatorCall call, int[] axes, float[] scales) => axes.Select((axis, i) =>
    {
        if (!(scales[i] > 0) || !float.IsFinite(scales[i])) throw call.Error($"scale {scales[i]} must be positive");
        long size = call[0].shape[axis];
        double scaled = Math.Floor(size * scales[i]);
        OperatorLimits.Check(call, [scaled < long.MaxValue ? (long)scaled : long.MaxValue], call[0].numel());
        return new ResizeAxis(axis, size, (long)scaled, scales[i]);
    }).ToArray();

    /// <summary>Axes with given sizes; a policy other than "stretch" takes one scale for all of them.</summary>
    private static ResizeAxis[] Axes(OperatorCall call, int[] axes, long[] sizes)
    {
        long[] shape = call[0].shape;
        double[] scales = axes.Select((axis, i) => sizes[i] / (double)shape[axis]).ToArray();
        string policy = call.String("keep_aspect_ratio_policy", "stretch");
        if (policy == "stretch") return axes.Select((axis, i) => new ResizeAxis(axis, shape[axis], sizes[i], scales[i])).ToArray();
        double scale = policy switch
        {
            "not_larger" => scales.Min(),
            "not_smaller" => scales.Max(),
            _ => throw call.Error($"keep_aspect_ratio_policy '{policy}' is none of stretch, not_larger, not_smaller"),
        };
        return axes.Select(axis => new ResizeAxis(axis, shape[axis], (long)Math.Floor((scale * shape[axis]) + 0.5), scale)).ToArray();
    }

    private static ResizeAxis[] WithRegion(OperatorCall call, ResizeAxis[] axes)
    {
        double[] region = call.Optional(1) is { } tensor ? Doubles(tensor) : [];
        if (region.Length != 2 * axes.Length) throw call.Error($"tf_crop_and_resize needs a region of {2 * axes.Length} numbers");
        return axes.Select((axis, i) => axis with { RegionStart = region[i], RegionEnd = region[i + axes.Length] }).ToArray();
    }

    private static Tensor Saturate(Tensor data, ScalarType type)
    {
        var (low, high) = type switch
        {
            ScalarType.Byte => (0L, 255L),
            ScalarType.Int8 => (-128L, 127L),
            ScalarType.Int16 => (short.MinValue, short.MaxValue),
            _ => (int.MinValue, (long)int.MaxValue),
        };
        return data.clamp(low, high).to(type);
    }

    private static float[]? Floats(OperatorCall call, int input)
        => call.Optional(input) is { } tensor && tensor.numel() > 0 ? [.. Doubles(tensor).Select(value => (float)value)] : null;

    private static double[] Doubles(Tensor tensor)
    {
        using var doubles = tensor.detach().to(ScalarType.Float64, CPU).contiguous();
        return doubles.data<double>().ToArray();
    }
}

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Sampling images at the points of a grid, and grids of affine maps.</summary>
internal static class GridSampleOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("AffineGrid", AffineGrid);
        table.Add("GridSample", GridSample);
    }

    private static Tensor AffineGrid(OperatorCall call)
    {
        var theta = call.WithRank(0, 3, 3);
        long[] size = call.Longs(1) ?? throw call.Error("needs a size");
        int rank = size.Length - 2;
        if (rank is not (2 or 3)) throw call.Error($"size {Shapes.Format(size)} must have 4 or 5 entries");
        call.CheckShape("theta", theta, size[0], rank, rank + 1);
        OperatorLimits.Check(call, [size[0], .. size[2..], rank], theta.numel());
        return nn.functional.affine_grid(theta.Widen(), size, call.Flag("align_corners")).As(theta.dtype);
    }

    /// <summary>Any number of spatial dimensions; the grid names the last dimension first, in [-1, 1].</summary>
    private static Tensor GridSample(OperatorCall call)
    {
        var (input, grid) = (call.WithRank(0, 3), call[1]);
        int rank = (int)input.dim() - 2;
        if (grid.dim() != rank + 2 || grid.shape[^1] != rank || grid.shape[0] != input.shape[0] || input.numel() == 0)
            throw call.Error($"a grid of shape {grid.ShapeText()} does not go with an input of shape {input.ShapeText()}");

        var type = Precision.Floating(input.dtype);
        var (align, padding) = (call.Flag("align_corners"), call.String("padding_mode", "zeros"));
        if (padding is not ("zeros" or "border" or "reflection")) throw call.Error($"padding_mode '{padding}' is none of zeros, border, reflection");
        Func<Tensor, (Tensor Index, Tensor Weight)[]> taps = call.String("mode", "linear") switch
        {
            "linear" or "bilinear" => PointSampling.Linear,
            "nearest" => PointSampling.Nearest,
            "cubic" or "bicubic" => PointSampling.Cubic,
            var other => throw call.Error($"mode '{other}' is none of linear, nearest, cubic"),
        };
        bool nearest = call.String("mode", "linear") == "nearest";
        bool isCubic = call.String("mode", "linear").EndsWith("cubic", StringComparison.Ordinal);

        long[] sizes = input.shape[2..];
        var points = grid.As(type).flatten(1, rank);
        var coordinates = Enumerable.Range(0, rank).Select(d =>
        {
            var normalized = points.select(2, rank - 1 - d);
            var coordinate = align ? (normalized + 1) / 2 * (sizes[d] - 1) : (((normalized + 1) * sizes[d]) - 1) / 2;
            if (nearest) coordinate = coordinate.round();
            // Cubic interpolation brings its sixteen elements inside one by one instead.
            return isCubic || padding == "zeros" ? coordinate
                : padding == "border" ? coordinate.clamp(0, sizes[d] - 1)
                : Reflect(coordinate, sizes[d], align).clamp(0, sizes[d] - 1);
        }).ToArray();

        var output = PointSampling.Taps(input.As(type), coordinates, taps, Place, zeroOutside: padding == "zeros").Aggregate((sum, tap) => sum + tap);
        return output.reshape([input.shape[0], input.shape[1], .. grid.shape[1..^1]]).As(input.dtype);

        Tensor Place(Tensor index, int d) => isCubic && padding == "reflection"
            ? Reflect(index.to(ScalarType.Float64), sizes[d], align).to(int64)
            : index;
    }

    /// <summary>Mirrors coordinates at the borders (the outer elements' centres, or their outer edges) until they lie between them.</summary>
    private static Tensor Reflect(Tensor coordinate, long size, bool alignCorners)
    {
        var (low, span) = alignCorners ? (0.0, size - 1.0) : (-0.5, (double)size);
        if (span == 0) return zeros_like(coordinate);
        var distance = (coordinate - low).abs();
        var turns = (distance.detach() / span).floor();
        var rest = distance - (turns * span);
        return where(turns.remainder(2).eq(0), rest, span - rest) + low;
    }
}

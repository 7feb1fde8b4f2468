using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Pools over the bins of given regions.</summary>
internal static class RegionPoolOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("MaxRoiPool", MaxRoiPool);
        table.Add("RoiAlign", RoiAlign);
    }

    private static Tensor RoiAlign(OperatorCall call)
    {
        var (input, regions, batchIndices) = (call.WithRank(0, 4, 4), call.WithRank(1, 2, 2), call.Longs(2) ?? throw call.Error("needs input 2"));
        call.CheckShape("input 1", regions, batchIndices.Length, 4);
        var (height, width) = (call.Int("output_height", 1), call.Int("output_width", 1));
        long sampling = call.Int("sampling_ratio", 0);
        OperatorLimits.Check(call, [batchIndices.Length, input.shape[1], height, width, Math.Max(sampling, 1), Math.Max(sampling, 1)], input.numel());
        if (height < 1 || width < 1 || sampling < 0) throw call.Error("output_height, output_width and sampling_ratio must be positive");

        var data = input.Widen();
        // Rounded step by step as OnnxRuntime does: the number of points in a bin hangs on it.
        Func<double, double> round = regions.dtype == ScalarType.Float64 ? x => x : x => (float)x;
        double[] boxes = Array.ConvertAll(Boxes(regions), side => round(side * call.Float("spatial_scale", 1)));
        // The half-pixel shift came with opset 16.
        bool halfPixel = call.Opset >= 16 && call.String("coordinate_transformation_mode", "half_pixel") == "half_pixel";
        var bins = new List<Tensor>();
        for (int r = 0; r < batchIndices.Length; r++)
        {
            var image = data.narrow(0, Checked(call, batchIndices[r], input.shape[0]), 1);
            double shift = halfPixel ? 0.5 : 0;
            double[] box = boxes[(4 * r)..((4 * r) + 4)].Select(side => round(side - shift)).ToArray();
            var (x, columns) = Points(call, box[0], round(box[2] - box[0]), width, sampling, halfPixel);
            var (y, rows) = Points(call, box[1], round(box[3] - box[1]), height, sampling, halfPixel);
            bins.Add(Pool(call, image, y, x, height, width, rows, columns));
        }

        long[] shape = new[] { batchIndices.Length, input.shape[1], height, width };
        return (bins.Count == 0 ? zeros(shape, data.dtype, data.device) : cat(bins, 0)).As(input.dtype);
    }

    /// <summary>Pools one region. Points more than one element outside count as zero; the maximum is one of weighted elements.</summary>
    private static Tensor Pool(OperatorCall call, Tensor image, double[] y, double[] x, long height, long width, int rows, int columns)
    {
        var (channels, imageHeight, imageWidth) = (image.shape[1], image.shape[2], image.shape[3]);
        if (y.Length == 0 || x.Length == 0) return zeros([1, channels, height, width], image.dtype, image.device);
        using var down = torch.tensor(y, device: image.device).to(image.dtype);
        using var across = torch.tensor(x, device: image.device).to(image.dtype);
        var inside = (down.ge(-1) & down.le(imageHeight)).unsqueeze(1) & (across.ge(-1) & across.le(imageWidth)).unsqueeze(0);
        var vertical = down.clamp(0, imageHeight - 1).unsqueeze(1).expand(-1, x.Length).reshape(1, -1);
        var horizontal = across.clamp(0, imageWidth - 1).unsqueeze(0).expand(y.Length, -1).reshape(1, -1);
        var taps = PointSampling.Taps(image, [vertical, horizontal], PointSampling.Linear, (index, _) => index, zeroOutside: false)
            .Select(tap => tap * inside.flatten().to(image.dtype));
        string mode = call.String("mode", "avg");
        var points = mode switch
        {
            "avg" => taps.Aggregate((sum, tap) => sum + tap),
            "max" => taps.Aggregate(maximum),
            _ => throw call.Error($"mode '{mode}' is none of avg, max"),
        };
        var grid = points.reshape(1, channels, height, rows, width, columns);
        return mode == "avg" ? grid.mean([3, 5]) : grid.amax(3, 5);
    }

    /// <summary>The coordinates of the points along one side of a region, and how many fall into each bin.</summary>
    private static (double[] Points, int InBin) Points(OperatorCall call, double start, double span, long bins, long sampling, bool halfPixel)
    {
        double length = halfPixel ? span : Math.Max(span, 1);
        long inBin = sampling > 0 ? sampling : (long)Math.Ceiling(Math.Min(length / bins, int.MaxValue));
        OperatorLimits.Check(call, [Math.Max(inBin, 0), bins]);
        double step = length / bins;
        var points = Enumerable.Range(0, (int)(Math.Max(inBin, 0) * bins)).Select(i => start + (i / inBin * step) + (((i % inBin) + 0.5) * step / inBin));
        return (points.ToArray(), (int)inBin);
    }

    private static Tensor MaxRoiPool(OperatorCall call)
    {
        var (input, regions) = (call.WithRank(0, 4, 4), call.WithRank(1, 2, 2));
        call.CheckShape("input 1", regions, regions.shape[0], 5);
        long[] pooled = call.Ints("pooled_shape", 2, otherwise: 1, least: 1);
        OperatorLimits.Check(call, [regions.shape[0], input.shape[1], pooled[0], pooled[1]], input.numel());
        double[] values = Boxes(regions);
        float scale = call.Float("spatial_scale", 1);
        var output = new List<Tensor>();
        for (int r = 0; r < regions.shape[0]; r++)
        {
            var image = input.narrow(0, Checked(call, (long)values[5 * r], input.shape[0]), 1);
            long[] sides = values[((5 * r) + 1)..((5 * r) + 5)].Select(side => (long)Math.Floor((side * scale) + 0.5)).ToArray();
            var rows = Bins(sides[1], sides[3], pooled[0], input.shape[2]);
            var columns = Bins(sides[0], sides[2], pooled[1], input.shape[3]);
            var cells = rows.SelectMany(row => columns.Select(column => row.Size == 0 || column.Size == 0
                ? zeros([1, input.shape[1]], input.dtype, input.device)
                : image.narrow(2, row.Start, row.Size).narrow(3, column.Start, column.Size).amax(2, 3)));
            output.Add(stack(cells, 2).reshape(1, input.shape[1], pooled[0], pooled[1]));
        }

        return output.Count == 0 ? zeros([0, input.shape[1], pooled[0], pooled[1]], input.dtype, input.device) : cat(output, 0);
    }

    private static (long Start, long Size)[] Bins(long first, long last, long bins, long limit)
    {
        double size = Math.Max(last - first + 1, 1) / (double)bins;
        return Enumerable.Range(0, (int)bins).Select(bin =>
        {
            long start = Math.Clamp((long)Math.Floor(bin * size) + first, 0, limit);
            long end = Math.Clamp((long)Math.Ceiling((bin + 1) * size) + first, 0, limit);
            return (start, Math.Max(end - start, 0));
        }).ToArray();
    }

    private static double[] Boxes(Tensor regions)
    {
        using var doubles = regions.detach().to(ScalarType.Float64, CPU).contiguous();
        return doubles.data<double>().ToArray();
    }

    private static long Checked(OperatorCall call, long image, long batch)
        => image >= 0 && image < batch ? image : throw call.Error($"a region lies in image {image} of {batch}");
}

using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

internal sealed partial class RandomNodes
{
    private static void AddShapes(Dictionary<string, Func<RandomNodes, RandomNode>> kinds)
    {
        kinds["Reshape"] = draw => new RandomNode("Reshape", draw.Any<long>(7, 13, 14), [draw.Floats(2, 3, 4), Longs(draw.Any<long[]>([0, -1], [-1], [4, 0, 2], [0, 0, 2, -1], [24, 1], [1, -1, 3]))]);
        kinds["Flatten"] = draw =>
        {
            long opset = draw.Any<long>(7, 9, 11, 13);
            long[] shape = draw.Shape(1);
            long axis = opset >= 11 && draw.Maybe() ? -draw.Between(1, shape.Length) : draw.Between(0, shape.Length);
            return new RandomNode("Flatten", opset, [draw.Floats(shape)], draw.Maybe(0.8) || shape.Length < 2 ? [("axis", axis)] : []);
        };
        kinds["Squeeze"] = draw =>
        {
            long opset = draw.Any<long>(7, 11, 13);
            long[] axes = draw.Any<long[]>([0], [2], [0, 2], [2, 0]);
            if (opset >= 11 && draw.Maybe()) axes = axes.Select(axis => axis - 4).ToArray();
            return WithAxes("Squeeze", opset, opset >= 13, draw.Floats(1, 3, 1, 2), draw.Maybe(0.8) ? axes : null);
        };
        kinds["Unsqueeze"] = draw =>
        {
            long opset = draw.Any<long>(7, 11, 13);
            long[] axes = draw.Any<long[]>([0], [2], [0, 3], [3, 1], [1, 2]);
            if (opset >= 11 && draw.Maybe()) axes = axes.Select(axis => axis - 2 - axes.Length).Where(axis => axis < 0).ToArray();
            return WithAxes("Unsqueeze", opset, opset >= 13, draw.Floats(3, 2), axes);
        };
        kinds["Transpose"] = draw =>
        {
            long[] shape = draw.Shape(1);
            return new RandomNode("Transpose", draw.Any<long>(7, 13), [draw.Floats(shape)], draw.Maybe(0.8) ? [("perm", draw.Shuffled(shape.Length).Select(axis => (long)axis).ToArray())] : []);
        };
        kinds["Concat"] = draw =>
        {
            long opset = draw.Any<long>(7, 11, 13);
            long[] shape = draw.Shape();
            long axis = draw.Axis(shape.Length, opset >= 11);
            var inputs = Enumerable.Range(0, (int)draw.Between(1, 4)).Select(_ =>
            {
                long[] own = shape.ToArray();
                own[axis < 0 ? axis + shape.Length : axis] = draw.Between(0, 3);
                return (Tensor?)draw.Floats(own);
            }).ToArray();
            return new RandomNode("Concat", opset, inputs, ("axis", axis));
        };
        kinds["Split"] = draw => draw.Split();
        kinds["Slice"] = draw => draw.Slice();
        kinds["Tile"] = draw => new RandomNode("Tile", draw.Any<long>(7, 13), [draw.Floats(2, 1, 3), Longs(draw.Sizes(3, 0, 3))]);
        kinds["Expand"] = draw => new RandomNode("Expand", draw.Any<long>(8, 13), [draw.Floats(draw.Any<long[]>([3, 1], [1], [2, 3, 1], [])), Longs(draw.Any<long[]>([2, 3, 4], [3, 1], [1, 1, 1, 5], [2, 1, 1]))]);
        kinds["Pad"] = draw => draw.Pad();
        kinds["Gather"] = draw =>
        {
            long opset = draw.Any<long>(7, 11, 13);
            return new RandomNode("Gather", opset, [draw.Floats(4, 5, 4), draw.Integers(opset >= 11 ? -4 : 0, 3, draw.Shape(0, 2)).to(draw.Any(int32, int64))], ("axis", draw.Axis(3, opset >= 11)));
        };
        kinds["GatherElements"] = draw => new RandomNode("GatherElements", draw.Any<long>(11, 13), [draw.Floats(4, 4, 4), draw.Integers(-4, 3, draw.Sizes(3, 1, 4))], ("axis", draw.Axis(3, true)));
        kinds["GatherND"] = draw => draw.Maybe()
            ? new RandomNode("GatherND", draw.Any<long>(11, 12, 13), [draw.Floats(3, 3, 4), draw.Integers(-3, 2, 2, draw.Between(1, 2))])
            : new RandomNode("GatherND", draw.Any<long>(12, 13), [draw.Floats(3, 3, 3, 2), draw.Integers(-3, 2, 3, 2, draw.Between(1, 2))], ("batch_dims", 1));
        foreach (string name in new[] { "Scatter", "ScatterElements" })
        {
            kinds[name] = draw =>
            {
                long opset = name == "Scatter" ? draw.Any<long>(9, 10) : draw.Any<long>(11, 13, 16, 18);
                string reduction = draw.Any<string>(opset >= 18 ? ["none", "add", "mul", "max", "min"] : opset >= 16 ? ["none", "add", "mul"] : ["none"]);
                // Where the same place is written twice, the order is open: places along the axis are all different.
                int count = (int)draw.Between(1, 4), axis = draw.Below(2);
                long[] places = draw.Shuffled(5).Take(count).Select(place => (long)place).ToArray();
                var indices = axis == 0 ? Longs(places).reshape(-1, 1).expand(count, 2).clone() : Longs(places).reshape(1, -1).expand(2, count).clone();
                if (reduction != "none") indices = draw.Integers(0, 4, indices.shape);
                return new RandomNode(name, opset, [draw.Floats(5, 5), indices, draw.Floats(indices.shape)], reduction == "none" ? [("axis", axis)] : [("axis", axis), ("reduction", reduction)]);
            };
        }

        kinds["ScatterND"] = draw =>
        {
            long opset = draw.Any<long>(11, 13, 16, 18);
            string reduction = draw.Any<string>(opset >= 18 ? ["none", "add", "mul", "max", "min"] : opset >= 16 ? ["none", "add", "mul"] : ["none"]);
            var rows = Longs(draw.Shuffled(5).Take(3).Select(place => (long)place).ToArray()).reshape(3, 1);
            return new RandomNode("ScatterND", opset, [draw.Floats(5, 4), rows, draw.Floats(3, 4)], reduction == "none" ? [] : [("reduction", reduction)]);
        };
        kinds["OneHot"] = draw => new RandomNode(
            "OneHot", draw.Any<long>(9, 11), [draw.Integers(-4, 3, draw.Shape(1, 2)), Longs(4).reshape(draw.Maybe() ? [] : [1]), tensor(new[] { 0.25f, 2f })], ("axis", draw.Any(-1, 0, 1)));
        kinds["Compress"] = draw => new RandomNode("Compress", draw.Any<long>(9, 11), [draw.Floats(3, 4), draw.Bools(3)], draw.Maybe() ? [("axis", draw.Below(2))] : []);
        kinds["NonZero"] = draw => new RandomNode("NonZero", draw.Any<long>(9, 13), [draw.Integers(0, 1, draw.Shape()).to(float32)]);
        kinds["EyeLike"] = draw => new RandomNode("EyeLike", 9, [draw.Floats(3, 4)], ("k", draw.Between(-3, 4)), ("dtype", draw.Any(1, 7)));
        kinds["Trilu"] = draw => new RandomNode("Trilu", 14, [draw.Floats(2, 4, 3), Longs(draw.Between(-4, 4)).reshape([])], ("upper", draw.Below(2)));
        kinds["DepthToSpace"] = draw => new RandomNode("DepthToSpace", draw.Any<long>(11, 13), [draw.Floats(2, 12, 2, 3)], ("blocksize", 2), ("mode", draw.Any("DCR", "CRD")));
        kinds["SpaceToDepth"] = draw => new RandomNode("SpaceToDepth", draw.Any<long>(7, 13), [draw.Floats(2, 3, 4, 6)], ("blocksize", 2));
        kinds["Shape"] = draw => draw.Maybe()
            ? new RandomNode("Shape", draw.Any<long>(7, 13), [draw.Floats(draw.Shape(0))])
            : new RandomNode("Shape", 15, [draw.Floats(2, 3, 4)], ("start", draw.Between(-4, 4)), ("end", draw.Between(-4, 4)));
        kinds["Size"] = draw => new RandomNode("Size", draw.Any<long>(7, 13), [draw.Floats(draw.Shape(0))]);
        kinds["Range"] = draw => new RandomNode("Range", 11, [Longs(draw.Between(-3, 3)).reshape([]), Longs(draw.Between(-9, 9)).reshape([]), Longs(draw.Any(1, 2, -1, -3)).reshape([])]);
        kinds["ReverseSequence"] = draw =>
        {
            int time = draw.Below(2);
            return new RandomNode("ReverseSequence", 10, [draw.Floats(4, 4, 2), draw.Integers(1, 4, 4)], ("time_axis", time), ("batch_axis", 1 - time));
        };
        kinds["Einsum"] = draw => draw.Any(
            new RandomNode("Einsum", 12, [draw.Floats(2, 3, 4), draw.Floats(2, 4, 5)], ("equation", draw.Any("bij,bjk->bik", "bij, bjk -> ik", "bij,bjk"))),
            new RandomNode("Einsum", 12, [draw.Floats(2, 3, 3)], ("equation", draw.Any("bii->bi", "...ij->...ji", "bij->j"))),
            new RandomNode("Einsum", 12, [draw.Floats(2, 3, 4), draw.Floats(2, 5, 4)], ("equation", draw.Any("bid,bjd->bij", "...id,...jd->...ij", "bid,bjd->i"))));
    }

    private static RandomNode WithAxes(string name, long opset, bool asInput, Tensor data, long[]? axes, params (string Name, object Value)[] more)
        => asInput
            ? new RandomNode(name, opset, axes == null ? [data] : [data, Longs(axes)], more)
            : new RandomNode(name, opset, [data], axes == null ? more : [("axes", axes), .. more]);

    private RandomNode Split()
    {
        long opset = Any<long>(7, 11, 13, 18);
        long axis = Axis(2, opset >= 11);
        if (opset == 18 && Maybe()) return new RandomNode("Split", 18, [Floats(7, 7)], ("axis", axis), ("num_outputs", 3)) { Outputs = 3 };
        long[]? sizes = Maybe() ? Any<long[]>([1, 2, 3], [3, 3, 0], [2, 2, 2]) : null;
        var data = Floats(6, 6);
        (string, object)[] common = opset == 18 && sizes == null ? [("axis", axis), ("num_outputs", 3)] : [("axis", axis)];
        return opset >= 13
            ? new RandomNode("Split", opset, sizes == null ? [data] : [data, Longs(sizes)], common) { Outputs = 3 }
            : new RandomNode("Split", opset, [data], sizes == null ? common : [.. common, ("split", sizes)]) { Outputs = 3 };
    }

    private RandomNode Slice()
    {
        long opset = Any<long>(7, 9, 10, 11, 13);
        int count = (int)Between(1, 3);
        long[] axes = Axes(3, count, negative: opset >= 10);
        long[] starts = Enumerable.Range(0, count).Select(_ => Any(Between(-7, 7), 0, 1)).ToArray();
        long[] ends = Enumerable.Range(0, count).Select(_ => Any(Between(-7, 7), long.MaxValue, int.MaxValue, 4)).ToArray();
        var data = Floats(5, 4, 6);
        bool named = Maybe(0.8);
        if (opset < 10) return new RandomNode("Slice", opset, [data], named ? [("starts", starts), ("ends", ends), ("axes", axes)] : [("starts", starts), ("ends", ends)]);
        if (!Maybe()) return new RandomNode("Slice", opset, named ? [data, Longs(starts), Longs(ends), Longs(axes)] : [data, Longs(starts), Longs(ends)]);
        long[] steps = Enumerable.Range(0, count).Select(_ => Any<long>(1, 2, -1, -2, 3)).ToArray();
        // OnnxRuntime takes a largest end with a negative step for the first element; the standard gives nothing.
        for (int i = 0; i < count; i++) ends[i] = steps[i] < 0 ? Any(long.MinValue, -100, 0, 2) : ends[i];
        return new RandomNode("Slice", opset, [data, Longs(starts), Longs(ends), named ? Longs(axes) : null, Longs(steps)]);
    }

    private RandomNode Pad()
    {
        long opset = Any<long>(7, 11, 13, 18, 19);
        string mode = Any<string>(opset >= 19 ? ["constant", "reflect", "edge", "wrap"] : ["constant", "reflect", "edge"]);
        long[] pads = Enumerable.Range(0, 6).Select(_ => Between(mode == "constant" ? -1 : 0, 2)).ToArray();
        var data = Floats(3, 4, 5);
        if (opset < 11) return new RandomNode("Pad", opset, [data], ("mode", mode), ("pads", pads), ("value", 0.7f));
        long[]? axes = opset >= 18 && Maybe() ? Axes(3, 2, negative: true) : null;
        if (axes != null) pads = pads[..4];
        var value = Maybe() ? tensor(0.7f) : null;
        return new RandomNode("Pad", opset, axes != null ? [data, Longs(pads), value, Longs(axes)] : value is null ? [data, Longs(pads)] : [data, Longs(pads), value], ("mode", mode));
    }
}

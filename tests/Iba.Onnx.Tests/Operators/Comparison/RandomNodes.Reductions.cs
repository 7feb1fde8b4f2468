using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

internal sealed partial class RandomNodes
{
    private static void AddReductions(Dictionary<string, Func<RandomNodes, RandomNode>> kinds)
    {
        foreach (string name in new[] { "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare" })
        {
            kinds[name] = draw => draw.Reduction(name);
        }

        foreach (string name in new[] { "ArgMax", "ArgMin" })
        {
            kinds[name] = draw =>
            {
                long opset = draw.Any<long>(7, 11, 12, 13);
                (string, object)[] attributes = [("axis", draw.Axis(3, opset >= 11)), ("keepdims", draw.Below(2))];
                return new RandomNode(name, opset, [draw.Integers(0, 3, 3, 4, 5).to(float32)], opset >= 12 ? [.. attributes, ("select_last_index", draw.Below(2))] : attributes);
            };
        }

        foreach (string name in new[] { "Softmax", "LogSoftmax", "Hardmax" })
        {
            kinds[name] = draw =>
            {
                long opset = draw.Any<long>(7, 9, 11, 12, 13);
                return new RandomNode(name, opset, [draw.Floats(2, 3, 2, 4)], draw.Maybe(0.7) ? [("axis", draw.Axis(4, opset >= 11))] : []);
            };
        }

        kinds["CumSum"] = draw => new RandomNode("CumSum", draw.Any<long>(11, 14), [draw.Floats(3, 4, 2), Longs(draw.Axis(3, true)).reshape([])], ("exclusive", draw.Below(2)), ("reverse", draw.Below(2)));
        kinds["TopK"] = draw =>
        {
            long opset = draw.Any<long>(7, 10, 11);
            var data = tensor(draw.Shuffled(60)).to(float32).reshape(3, 4, 5);
            long count = draw.Between(0, 3), axis = draw.Axis(3, opset >= 11);
            return opset switch
            {
                7 => new RandomNode("TopK", opset, [data], ("axis", axis), ("k", Math.Max(count, 1))) { Outputs = 2 },
                10 => new RandomNode("TopK", opset, [data, Longs(count)], ("axis", axis)) { Outputs = 2 },
                _ => new RandomNode("TopK", opset, [data, Longs(count)], ("axis", axis), ("largest", draw.Below(2)), ("sorted", 1)) { Outputs = 2 },
            };
        };
        kinds["LpNormalization"] = draw => new RandomNode("LpNormalization", draw.Any<long>(7, 22), [draw.Floats(2, 3, 4)], ("axis", draw.Axis(3, true)), ("p", draw.Between(1, 2)));
        kinds["MeanVarianceNormalization"] = draw => new RandomNode(
            "MeanVarianceNormalization", draw.Any<long>(9, 13), [draw.Floats(2, 3, 4, 5)], draw.Maybe() ? [("axes", draw.Any<long[]>([0, 2, 3], [2, 3], [1]))] : []);
        kinds["LRN"] = draw => new RandomNode("LRN", draw.Any<long>(7, 13), [draw.Floats(2, 6, 3, 2)], ("size", draw.Any(1, 3, 5)), ("alpha", 0.3f), ("beta", 0.6f), ("bias", 1.5f));
        kinds["InstanceNormalization"] = draw => new RandomNode("InstanceNormalization", draw.Any<long>(7, 22), [draw.Floats([2, 3, .. draw.Sizes((int)draw.Between(1, 3), 2)]), draw.Floats(3), draw.Floats(3)], ("epsilon", 0.01f));
        kinds["LayerNormalization"] = draw =>
        {
            long axis = draw.Axis(3, true);
            long[] shape = [2, 3, 4], normalized = shape[(int)(axis < 0 ? axis + 3 : axis)..];
            return new RandomNode("LayerNormalization", 17, draw.Maybe() ? [draw.Floats(shape), draw.Floats(normalized)] : [draw.Floats(shape), draw.Floats(normalized), draw.Floats(normalized)], ("axis", axis), ("epsilon", 0.001f))
            {
                Outputs = (int)draw.Any<long>(1, 3),
            };
        };
        kinds["BatchNormalization"] = draw =>
        {
            long[] shape = [2, 3, .. draw.Sizes((int)draw.Between(0, 3), 2)];
            return new RandomNode("BatchNormalization", draw.Any<long>(7, 9, 14, 15), [draw.Floats(shape), draw.Floats(3), draw.Floats(3), draw.Floats(3), draw.Positive(3)], ("epsilon", 0.01f));
        };
        kinds["GroupNormalization"] = draw => new RandomNode(
            "GroupNormalization", 21, [draw.Floats(2, 6, 3, 2), draw.Floats(6), draw.Floats(6)], ("num_groups", draw.Any(1, 2, 3, 6)), ("epsilon", 0.01f));
    }

    private RandomNode Reduction(string name)
    {
        long opset = Any<long>(7, 11, 12, 13, 18);
        bool asInput = opset >= 18 || (name == "ReduceSum" && opset >= 13);
        long[]? axes = Maybe(0.8) ? Axes(3, (int)Between(1, 3), opset >= 11) : null;
        if (asInput && Maybe(0.1)) axes = [];
        (string, object)[] attributes = Maybe(0.8) ? [("keepdims", Below(2))] : [];
        if (asInput && Maybe(0.3)) attributes = [.. attributes, ("noop_with_empty_axes", Below(2))];
        return WithAxes(name, opset, asInput, name == "ReduceLogSum" ? Positive(2, 3, 4) : Floats(2, 3, 4), axes, attributes);
    }
}

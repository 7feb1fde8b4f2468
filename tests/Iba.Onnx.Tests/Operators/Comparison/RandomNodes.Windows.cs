using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

internal sealed partial class RandomNodes
{
    private static void AddWindows(Dictionary<string, Func<RandomNodes, RandomNode>> kinds)
    {
        kinds["Conv"] = draw => draw.Convolution("Conv", draw.Any<long>(7, 11, 22));
        kinds["ConvTranspose"] = draw => draw.TransposedConvolution();
        kinds["AveragePool"] = draw => draw.Pool("AveragePool", draw.Any<long>(7, 10, 11, 19));
        kinds["MaxPool"] = draw => draw.Pool("MaxPool", draw.Any<long>(7, 8, 10, 11, 12));
        kinds["LpPool"] = draw => draw.Pool("LpPool", draw.Any<long>(7, 11, 18));
        foreach (string name in new[] { "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool" })
        {
            kinds[name] = draw => new RandomNode(name, draw.Any<long>(7, 13), [draw.Floats([2, 3, .. draw.Sizes((int)draw.Between(1, 3))])], name == "GlobalLpPool" ? [("p", draw.Between(1, 3))] : []);
        }

        kinds["Upsample"] = draw =>
        {
            long opset = draw.Any<long>(7, 9);
            string mode = draw.Any("nearest", "linear");
            float[] scales = [1, 1, draw.Any(1f, 2f, 1.5f, 2.3f), draw.Any(2f, 3f, 1.3f)];
            var data = draw.Floats(2, 3, 4, 5);
            return opset == 7 ? new RandomNode("Upsample", 7, [data], ("mode", mode), ("scales", scales)) : new RandomNode("Upsample", 9, [data, tensor(scales)], ("mode", mode));
        };
        kinds["Resize"] = draw => draw.Resize();
        kinds["GridSample"] = draw =>
        {
            long opset = draw.Any<long>(16, 20);
            string mode = draw.Any<string>(opset == 16 ? ["bilinear", "nearest", "bicubic"] : ["linear", "nearest", "cubic"]);
            return new RandomNode("GridSample", opset, [draw.Floats(2, 3, 4, 5), draw.Floats(2, 3, 4, 2)], ("mode", mode), ("padding_mode", draw.Any("zeros", "border", "reflection")), ("align_corners", draw.Below(2)));
        };
    }

    /// <summary>Strides, dilations and padding of a window; <paramref name="padding"/> stays below the kernel, as pools want it.</summary>
    private (string, object)[] Window(int rank, long[] kernel, bool dilations, bool padding = true)
    {
        var attributes = new List<(string, object)>();
        if (Maybe(0.7)) attributes.Add(("strides", Sizes(rank, 1, 3)));
        if (dilations && Maybe(0.4)) attributes.Add(("dilations", Sizes(rank, 1, 2)));
        switch (Below(5))
        {
            case 0 when padding:
                attributes.Add(("auto_pad", Any("SAME_UPPER", "SAME_LOWER")));
                break;
            case 1:
                attributes.Add(("auto_pad", "VALID"));
                break;
            case 2 or 3 when padding:
                attributes.Add(("pads", kernel.Concat(kernel).Select(size => Between(0, (int)size - 1)).ToArray()));
                break;
        }

        return [.. attributes];
    }

    private RandomNode Convolution(string name, long opset)
    {
        int rank = (int)Between(1, 3);
        long groups = Any<long>(1, 1, 2, 4), channels = 4, filters = groups * Between(1, 2);
        long[] kernel = Sizes(rank, 1, 3);
        var weight = Floats([filters, channels / groups, .. kernel]);
        Tensor[] inputs = [Floats([2, channels, .. Sizes(rank, 5, 7)]), weight];
        (string, object)[] attributes = [("group", groups), .. Window(rank, kernel, dilations: true)];
        if (Maybe()) attributes = [.. attributes, ("kernel_shape", kernel)];
        return new RandomNode(name, opset, Maybe() ? inputs : [.. inputs, Floats(filters)], attributes);
    }

    private RandomNode TransposedConvolution()
    {
        int rank = (int)Between(1, 2);
        long groups = Any<long>(1, 2), channels = 4;
        long[] kernel = Sizes(rank, 2, 3);
        // Beyond the kernel OnnxRuntime makes the output of auto_pad smaller than the standard does.
        long[] strides = Sizes(rank, 1, 2);
        long[] size = Sizes(rank, 3, 5);
        var attributes = new List<(string, object)> { ("group", groups), ("strides", strides) };
        if (Maybe(0.3)) attributes.Add(("dilations", Sizes(rank, 1, 2)));
        switch (Below(4))
        {
            case 0:
                attributes.Add(("pads", Sizes(2 * rank, 0, 1)));
                attributes.Add(("output_padding", strides.Select(stride => Between(0, (int)stride - 1)).ToArray()));
                break;
            case 1:
                attributes.Add(("auto_pad", Any("SAME_UPPER", "SAME_LOWER", "VALID")));
                break;
            case 2:
                attributes.Add(("output_shape", size.Zip(strides).Select(pair => pair.First * pair.Second).ToArray()));
                if (Maybe()) attributes.Add(("auto_pad", Any("SAME_UPPER", "SAME_LOWER")));
                break;
        }

        Tensor[] inputs = [Floats([2, channels, .. size]), Floats([channels, 3, .. kernel])];
        return new RandomNode("ConvTranspose", Any<long>(7, 11), Maybe() ? inputs : [.. inputs, Floats(3 * groups)], [.. attributes]);
    }

    private RandomNode Pool(string name, long opset)
    {
        int rank = (int)Between(1, 3);
        long[] kernel = Sizes(rank, 2, 3);
        bool dilations = (name == "MaxPool" && opset >= 10) || (name == "AveragePool" && opset >= 19) || (name == "LpPool" && opset >= 18);
        (string, object)[] attributes = [("kernel_shape", kernel), .. Window(rank, kernel, dilations)];
        // With auto_pad OnnxRuntime ignores dilations, and rounds up where the standard's formulas do not.
        bool automatic = attributes.Any(attribute => attribute.Item1 == "auto_pad");
        if (automatic) attributes = attributes.Where(attribute => attribute.Item1 != "dilations").ToArray();
        if (opset >= 10 && (name != "LpPool" || opset >= 18) && !automatic && Maybe()) attributes = [.. attributes, ("ceil_mode", 1)];
        if (name == "AveragePool" && Maybe()) attributes = [.. attributes, ("count_include_pad", 1)];
        if (name == "LpPool") attributes = [.. attributes, ("p", Between(1, 3))];
        if (name != "MaxPool" || opset < 8 || Maybe()) return new RandomNode(name, opset, [Floats([2, 3, .. Sizes(rank, 5, 8)])], attributes);
        return new RandomNode(name, opset, [Floats([2, 3, .. Sizes(rank, 5, 8)])], [.. attributes, ("storage_order", 0)]) { Outputs = 2 };
    }

    private RandomNode Resize()
    {
        long opset = Any<long>(10, 11, 13, 18, 19);
        string mode = opset == 10 ? Any("nearest", "linear") : Any("nearest", "linear", "cubic");
        float[] scales = [1, 1, Any(0.3f, 0.5f, 0.6f, 1f, 1.7f, 2f), Any(0.2f, 0.8f, 1.25f, 2f, 3f)];
        var data = Floats(2, 3, 5, 6);
        if (opset == 10) return new RandomNode("Resize", 10, [data, tensor(scales)], ("mode", mode));
        var attributes = new List<(string, object)> { ("mode", mode) };
        string coordinates = Any("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize", opset >= 19 && mode != "nearest" ? "half_pixel_symmetric" : "asymmetric");
        attributes.Add(("coordinate_transformation_mode", coordinates));
        if (mode == "nearest") attributes.Add(("nearest_mode", Any("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")));
        if (mode == "cubic") attributes.Add(("cubic_coeff_a", Any(-0.75f, -0.5f)));
        if (mode == "cubic" && Maybe(0.3)) attributes.Add(("exclude_outside", 1));
        if (opset >= 18 && mode != "nearest" && Maybe(0.4)) attributes.Add(("antialias", 1));
        long[] sizes = [2, 3, Between(2, 11), Between(2, 11)];
        if (opset >= 18 && coordinates != "tf_crop_and_resize" && (coordinates != "align_corners" || opset < 19) && Maybe(0.3))
        {
            attributes.Add(("axes", new long[] { 2, 3 }));
            return Maybe()
                ? new RandomNode("Resize", opset, [data, null, tensor(scales[2..])], [.. attributes])
                : new RandomNode("Resize", opset, [data, null, null, Longs(sizes[2..])], [.. attributes, ("keep_aspect_ratio_policy", Any("stretch", "not_larger", "not_smaller"))]);
        }

        var roi = opset >= 13 ? null : empty([0], float32);
        // OnnxRuntime ignores the region on an axis that keeps its size.
        bool keeps = scales[2] == 1 || sizes[2] == 5 || sizes[3] == 6;
        if (coordinates == "tf_crop_and_resize")
            roi = keeps ? tensor(new[] { 0f, 0, 0, 0, 1, 1, 1, 1 }) : tensor(new[] { 0, 0, Any(0f, 0.1f, -0.2f), Any(0f, 0.3f), 1, 1, Any(1f, 0.7f, 1.3f), 1 });
        // From opset 19 on the standard's tests align the corners of sizes that are not rounded, OnnxRuntime those of whole ones.
        return (coordinates != "align_corners" || opset < 19) && Maybe()
            ? new RandomNode("Resize", opset, [data, roi, tensor(scales)], [.. attributes])
            : new RandomNode("Resize", opset, [data, roi, opset >= 13 ? null : empty([0], float32), Longs(sizes)], [.. attributes]);
    }
}

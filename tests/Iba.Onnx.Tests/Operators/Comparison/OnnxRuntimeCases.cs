using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>A node to be run here and in OnnxRuntime.</summary>
internal sealed record OnnxRuntimeCase(string Name, string Operator, long Opset, Func<Tensor?[]> Inputs, int Outputs, (string Name, object Value)[] Attributes);

/// <summary>Nodes that both run, with inputs drawn from one seed.</summary>
internal static class OnnxRuntimeCases
{
    private static readonly string[] Gates = ["Sigmoid", "Tanh", "Tanh"];

    public static IEnumerable<OnnxRuntimeCase> All() => Windows().Concat(Resizes()).Concat(Recurrent()).Concat(Others()).Concat(Fused())
        .Select((test, i) => test with { Name = $"{i} {test.Name}" });

    private static OnnxRuntimeCase Of(string name, long opset, Func<Source, Tensor?[]> inputs, int outputs, params (string Name, object Value)[] attributes)
        => new($"{name} {string.Join(' ', attributes.Select(pair => $"{pair.Name}={Text(pair.Value)}"))}", name, opset, () => inputs(new Source()), outputs, attributes);

    private static string Text(object value) => value is long[] numbers ? string.Join(',', numbers) : value is string[] texts ? string.Join(',', texts) : $"{value}";

    /// <summary>Draws inputs, the same ones every time.</summary>
    private sealed class Source
    {
        private readonly Random _random = new(3);

        /// <summary>Numbers in [-2, 2].</summary>
        public Tensor Random(params long[] shape)
            => tensor(Enumerable.Range(0, (int)shape.Aggregate(1L, (count, size) => count * size)).Select(_ => (_random.NextSingle() * 4) - 2).ToArray(), shape);

        /// <summary>Numbers in [0.5, 1.5].</summary>
        public Tensor Positive(params long[] shape) => (Random(shape) / 4) + 1;
    }

    private static IEnumerable<OnnxRuntimeCase> Windows()
    {
        long[] kernel = [3, 2], strides = [2, 3], pads = [1, 0, 2, 1], dilations = [2, 1];
        yield return Of("Conv", 11, s => [s.Random(2, 4, 9, 8), s.Random(6, 2, 3, 2), s.Random(6)], 1, ("group", 2), ("strides", strides), ("pads", pads), ("dilations", dilations));
        yield return Of("Conv", 11, s => [s.Random(2, 3, 9), s.Random(4, 3, 4)], 1, ("auto_pad", "SAME_LOWER"), ("strides", new long[] { 2 }));
        yield return Of("Conv", 11, s => [s.Random(1, 2, 4, 5, 6), s.Random(3, 2, 2, 3, 3), s.Random(3)], 1, ("auto_pad", "SAME_UPPER"));
        yield return Of("ConvTranspose", 11, s => [s.Random(2, 4, 4, 3), s.Random(4, 3, 3, 2), s.Random(6)], 1, ("group", 2), ("strides", strides), ("pads", pads), ("output_padding", new long[] { 1, 2 }));
        yield return Of("ConvTranspose", 11, s => [s.Random(1, 2, 4, 3), s.Random(2, 3, 3, 3)], 1, ("auto_pad", "SAME_UPPER"), ("strides", new long[] { 2, 2 }));
        yield return Of("ConvTranspose", 11, s => [s.Random(1, 2, 4, 3), s.Random(2, 3, 3, 3), s.Random(3)], 1, ("strides", new long[] { 2, 3 }), ("output_shape", new long[] { 8, 10 }));
        yield return Of("MaxPool", 12, s => [s.Random(2, 2, 7, 8)], 2, ("kernel_shape", kernel), ("strides", strides), ("pads", new long[] { 2, 1, 1, 1 }), ("ceil_mode", 1));
        yield return Of("MaxPool", 12, s => [s.Random(2, 2, 7, 8)], 2, ("kernel_shape", kernel), ("dilations", dilations), ("storage_order", 1));
        yield return Of("MaxPool", 12, s => [s.Random(1, 2, 5, 6, 4)], 2, ("kernel_shape", new long[] { 2, 3, 2 }), ("auto_pad", "SAME_LOWER"), ("strides", new long[] { 2, 2, 1 }));
        yield return Of("AveragePool", 19, s => [s.Random(2, 2, 7, 8)], 1, ("kernel_shape", kernel), ("strides", strides), ("pads", new long[] { 2, 1, 0, 1 }), ("ceil_mode", 1));
        yield return Of("AveragePool", 19, s => [s.Random(2, 2, 7, 8)], 1, ("kernel_shape", kernel), ("pads", pads), ("count_include_pad", 1), ("dilations", dilations));
        yield return Of("AveragePool", 11, s => [s.Random(2, 2, 7, 8)], 1, ("kernel_shape", new long[] { 3, 3 }), ("auto_pad", "SAME_UPPER"), ("strides", new long[] { 2, 2 }));
        yield return Of("LpPool", 18, s => [s.Random(2, 2, 7, 8)], 1, ("kernel_shape", kernel), ("p", 3), ("pads", pads));
        yield return Of("GlobalLpPool", 2, s => [s.Random(2, 2, 7, 8)], 1, ("p", 3));
        yield return Of("MaxRoiPool", 1, s => [s.Random(2, 2, 8, 8), tensor(new float[,] { { 0, 0, 1, 4, 5 }, { 1, 2, 2, 7, 7 } })], 1, ("pooled_shape", new long[] { 2, 3 }), ("spatial_scale", 0.8f));
        yield return Of("RoiAlign", 16, s => [s.Random(2, 2, 8, 8), tensor(new float[,] { { 0.3f, 1, 4.2f, 5 }, { 2, -3, 9, 7 } }), tensor(new[] { 0L, 1L })], 1, ("output_height", 2), ("output_width", 3), ("spatial_scale", 0.8f));
        yield return Of("RoiAlign", 10, s => [s.Random(2, 2, 8, 8), tensor(new float[,] { { 0.3f, 1, 4.2f, 5 }, { 2, 3, 2, 3 } }), tensor(new[] { 0L, 1L })], 1, ("output_height", 2), ("output_width", 3), ("sampling_ratio", 2), ("mode", "avg"));
        yield return Of("Col2Im", 18, s => [s.Random(2, 3 * 4, 12), tensor(new[] { 5L, 6L }), tensor(new[] { 2L, 2L })], 1, ("pads", new long[] { 1, 0, 0, 1 }), ("strides", new long[] { 2, 1 }), ("dilations", new long[] { 1, 3 }));
    }

    private static IEnumerable<OnnxRuntimeCase> Resizes()
    {
        foreach (string transformation in new[] { "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric" })
        {
            yield return Of("Resize", 19, s => [s.Random(1, 2, 5, 4), null, null, tensor(new[] { 1L, 2, 8, 3 })], 1, ("mode", "linear"), ("coordinate_transformation_mode", transformation));
            yield return Of("Resize", 19, s => [s.Random(1, 2, 5, 4), null, null, tensor(new[] { 1L, 2, 8, 3 })], 1, ("mode", "cubic"), ("cubic_coeff_a", -0.5f), ("coordinate_transformation_mode", transformation));
            foreach (string mode in new[] { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" })
                yield return Of("Resize", 13, s => [s.Random(1, 2, 5, 4), null, tensor(new[] { 1f, 1, 2, 3 })], 1, ("nearest_mode", mode), ("coordinate_transformation_mode", transformation == "half_pixel_symmetric" ? "half_pixel" : transformation));
        }

        // Lengths that the scales do not hit: 2.5 -> 2 and 9.2 -> 9; 1.25 -> 1 and 3.2 -> 3.
        foreach (string mode in new[] { "nearest", "linear", "cubic" })
        {
            foreach (float[] scales in new float[][] { [1, 1, 0.5f, 2.3f], [1, 1, 0.25f, 0.8f] })
            {
                foreach (string transformation in new[] { "align_corners", "pytorch_half_pixel" })
                    yield return Of("Resize", 13, s => [s.Random(1, 2, 5, 4), null, tensor(scales)], 1, ("mode", mode), ("coordinate_transformation_mode", transformation));
                yield return Of("Resize", 13, s => [s.Random(1, 2, 5, 4), tensor(new[] { 0f, 0, 0.1f, -0.2f, 1, 1, 0.8f, 1.1f }), tensor(scales)], 1, ("mode", mode), ("coordinate_transformation_mode", "tf_crop_and_resize"), ("extrapolation_value", 7f));
            }
        }

        yield return Of("Resize", 10, s => [s.Random(1, 2, 6, 4), tensor(new[] { 1f, 1, 0.5f, 2 })], 1, ("mode", "nearest"));
        yield return Of("Resize", 10, s => [s.Random(1, 2, 6, 4), tensor(new[] { 1f, 1, 0.5f, 2 })], 1, ("mode", "linear"));
        yield return Of("Upsample", 9, s => [s.Random(1, 2, 6, 4), tensor(new[] { 1f, 1, 1.5f, 2 })], 1, ("mode", "linear"));
        yield return Of("Resize", 18, s => [s.Random(1, 2, 8, 9), null, null, tensor(new[] { 1L, 2, 3, 4 })], 1, ("mode", "linear"), ("antialias", 1));
        yield return Of("Resize", 18, s => [s.Random(1, 2, 8, 9), null, null, tensor(new[] { 1L, 2, 3, 4 })], 1, ("mode", "cubic"), ("antialias", 1), ("exclude_outside", 1), ("cubic_coeff_a", -0.5f));
        yield return Of("Resize", 18, s => [s.Random(1, 2, 8, 9), null, null, tensor(new[] { 4L, 6L })], 1, ("mode", "linear"), ("axes", new long[] { 2, 3 }), ("keep_aspect_ratio_policy", "not_smaller"));
        yield return Of("Resize", 13, s => [s.Random(1, 1, 5, 6), tensor(new[] { 0f, 0, 0.2f, -0.3f, 1, 1, 0.7f, 1.2f }), null, tensor(new[] { 1L, 1, 4, 5 })], 1, ("mode", "linear"), ("coordinate_transformation_mode", "tf_crop_and_resize"), ("extrapolation_value", 7f));
        foreach (string padding in new[] { "zeros", "border", "reflection" })
        {
            foreach (string mode in new[] { "linear", "nearest", "cubic" })
            {
                yield return Of("GridSample", 20, s => [s.Random(2, 2, 5, 4), s.Random(2, 3, 4, 2)], 1, ("mode", mode), ("padding_mode", padding));
                yield return Of("GridSample", 20, s => [s.Random(2, 2, 5, 4), s.Random(2, 3, 4, 2)], 1, ("mode", mode), ("padding_mode", padding), ("align_corners", 1));
            }
        }
    }

    private static IEnumerable<OnnxRuntimeCase> Recurrent()
    {
        Tensor Lengths() => tensor(new[] { 5, 2, 4 });
        yield return Of("RNN", 14, s => [s.Random(5, 3, 4), s.Random(2, 2, 4), s.Random(2, 2, 2), s.Random(2, 4), Lengths(), s.Random(2, 3, 2)], 2, ("hidden_size", 2), ("direction", "bidirectional"), ("activations", new[] { "Relu", "ScaledTanh" }), ("activation_alpha", new[] { 0.7f }), ("activation_beta", new[] { 0.4f }));
        yield return Of("RNN", 14, s => [s.Random(5, 3, 4), s.Random(1, 2, 4), s.Random(1, 2, 2)], 2, ("hidden_size", 2), ("direction", "reverse"), ("clip", 0.5f));
        foreach (string direction in new[] { "forward", "reverse", "bidirectional" })
        {
            int d = direction == "bidirectional" ? 2 : 1;
            yield return Of("GRU", 14, s => [s.Random(5, 3, 4), s.Random(d, 6, 4), s.Random(d, 6, 2), s.Random(d, 12), Lengths(), s.Random(d, 3, 2)], 2, ("hidden_size", 2), ("direction", direction));
            yield return Of("GRU", 14, s => [s.Random(5, 3, 4), s.Random(d, 6, 4), s.Random(d, 6, 2), s.Random(d, 12)], 2, ("hidden_size", 2), ("direction", direction), ("linear_before_reset", 1), ("clip", 0.8f));
            yield return Of("LSTM", 14, s => [s.Random(5, 3, 4), s.Random(d, 8, 4), s.Random(d, 8, 2), s.Random(d, 16), Lengths(), s.Random(d, 3, 2), s.Random(d, 3, 2), s.Random(d, 6)], 3, ("hidden_size", 2), ("direction", direction));
        }

        yield return Of("LSTM", 14, s => [s.Random(5, 3, 4), s.Random(1, 8, 4), s.Random(1, 8, 2), s.Random(1, 16)], 3, ("hidden_size", 2), ("input_forget", 1), ("clip", 0.6f), ("activations", Gates));
        yield return Of("LSTM", 14, s => [s.Random(5, 3, 4), s.Random(1, 8, 4), s.Random(1, 8, 2), s.Random(1, 16)], 3, ("hidden_size", 2), ("activations", new[] { "HardSigmoid", "Elu", "Softsign" }), ("activation_alpha", new[] { 0.3f, 0.9f }), ("activation_beta", new[] { 0.4f }));
    }

    private static IEnumerable<OnnxRuntimeCase> Others()
    {
        yield return Of("LRN", 13, s => [s.Random(2, 7, 3, 2)], 1, ("size", 5), ("alpha", 0.3f), ("beta", 0.6f), ("bias", 1.5f));
        yield return Of("LpNormalization", 1, s => [s.Random(2, 7, 3)], 1, ("axis", 1), ("p", 1));
        yield return Of("MeanVarianceNormalization", 13, s => [s.Random(2, 3, 4, 5)], 1);
        yield return Of("InstanceNormalization", 6, s => [s.Random(2, 3, 4), s.Random(3), s.Random(3)], 1);
        yield return Of("GroupNormalization", 21, s => [s.Random(2, 4, 3, 2), s.Random(4), s.Random(4)], 1, ("num_groups", 2));
        yield return Of("BatchNormalization", 9, s => [s.Random(2, 3, 4), s.Random(3), s.Random(3), s.Random(3), s.Positive(3)], 1, ("epsilon", 0.1f));
        yield return Of("LayerNormalization", 17, s => [s.Random(2, 3, 4, 5), s.Random(5), s.Random(5)], 3, ("axis", -1));
        foreach (string name in new[] { "Softmax", "LogSoftmax", "Hardmax" })
        {
            yield return Of(name, 11, s => [s.Random(2, 3, 4)], 1, ("axis", 1));
            yield return Of(name, 13, s => [s.Random(2, 3, 4)], 1, ("axis", 1));
        }

        yield return Of("Einsum", 12, s => [s.Random(2, 3, 4), s.Random(2, 4, 5)], 1, ("equation", "b i j, b j k -> k b i"));
        yield return Of("Einsum", 12, s => [s.Random(3, 3)], 1, ("equation", "ii->i"));
        yield return Of("Gemm", 13, s => [s.Random(3, 2), s.Random(4, 3), s.Random(2, 1)], 1, ("transA", 1), ("transB", 1), ("alpha", 0.5f), ("beta", 2f));
        yield return Of("DFT", 20, s => [s.Random(1, 6, 2), tensor(8L)], 1, ("inverse", 1));
        yield return Of("STFT", 17, s => [s.Random(2, 20, 1), tensor(4L), s.Positive(8)], 1);
        yield return Of("HammingWindow", 17, _ => [tensor(9L)], 1, ("periodic", 0));
        yield return Of("HannWindow", 17, _ => [tensor(9L)], 1);
        yield return Of("DepthToSpace", 13, s => [s.Random(2, 8, 3, 2)], 1, ("blocksize", 2), ("mode", "CRD"));
    }

    private static IEnumerable<OnnxRuntimeCase> Fused()
    {
        const string Microsoft = "com.microsoft::";
        Tensor Ids(params long[] values) => tensor(values).to(int32);
        yield return Of($"{Microsoft}BiasGelu", 1, s => [s.Random(2, 3, 4), s.Random(4)], 1);
        yield return Of($"{Microsoft}FastGelu", 1, s => [s.Random(2, 3, 4), s.Random(4)], 1);
        yield return Of($"{Microsoft}Gelu", 1, s => [s.Random(2, 3, 4)], 1);
        yield return Of($"{Microsoft}QuickGelu", 1, s => [s.Random(2, 3, 4)], 1, ("alpha", 1.5f));
        foreach (string activation in new[] { "Relu", "Tanh", "Sigmoid" })
            yield return Of($"{Microsoft}FusedConv", 1, s => [s.Random(2, 2, 5, 5), s.Random(3, 2, 3, 3), s.Random(3)], 1, ("activation", activation), ("pads", new long[] { 1, 1, 1, 1 }));
        yield return Of($"{Microsoft}FusedConv", 1, s => [s.Random(2, 2, 5, 5), s.Random(3, 2, 3, 3), s.Random(3), s.Random(2, 3, 3, 3)], 1, ("activation", "Relu"));
        yield return Of($"{Microsoft}FusedConv", 1, s => [s.Random(2, 2, 5, 5), s.Random(3, 2, 3, 3), s.Random(3)], 1, ("activation", "LeakyRelu"), ("activation_params", new[] { 0.2f }));
        yield return Of($"{Microsoft}FusedConv", 1, s => [s.Random(2, 2, 5, 5), s.Random(3, 2, 3, 3), s.Random(3)], 1, ("activation", "Clip"), ("activation_params", new[] { -1f, 2f }));
        yield return Of($"{Microsoft}FusedConv", 1, s => [s.Random(2, 2, 5, 5), s.Random(3, 2, 3, 3), s.Random(3)], 1, ("activation", "HardSigmoid"), ("activation_params", new[] { 0.3f, 0.4f }));
        yield return Of($"{Microsoft}FusedGemm", 1, s => [s.Random(2, 3), s.Random(4, 3), s.Random(4)], 1, ("transB", 1), ("activation", "LeakyRelu"), ("activation_alpha", 0.1f));
        yield return Of($"{Microsoft}FusedMatMul", 1, s => [s.Random(2, 3, 4), s.Random(2, 5, 4)], 1, ("transB", 1), ("alpha", 0.5f));
        yield return Of($"{Microsoft}FusedMatMul", 1, s => [s.Random(5, 2, 3, 4), s.Random(2, 3, 4, 6)], 1, ("transBatchA", 1));
        yield return Of($"{Microsoft}FusedMatMul", 1, s => [s.Random(5, 2, 3, 4), s.Random(2, 3, 5, 6)], 1, ("transBatchA", 1), ("transA", 1));
        yield return Of($"{Microsoft}SkipLayerNormalization", 1, s => [s.Random(2, 3, 4), s.Random(2, 3, 4), s.Random(4), s.Random(4), s.Random(4)], 1, ("epsilon", 1e-5f));
        yield return Of($"{Microsoft}SkipSimplifiedLayerNormalization", 1, s => [s.Random(2, 3, 4), s.Random(2, 3, 4), s.Random(4), s.Random(4)], 1, ("epsilon", 1e-5f));
        yield return Of("SimplifiedLayerNormalization", 17, s => [s.Random(2, 3, 4), s.Random(4)], 2);
        yield return Of($"{Microsoft}EmbedLayerNormalization", 1, s => [Ids(1, 3, 2, 0).reshape(2, 2), Ids(0, 1, 1, 0).reshape(2, 2), s.Random(4, 8), s.Random(2, 8), s.Random(2, 8), s.Random(8), s.Random(8), Ids(1, 1, 1, 0).reshape(2, 2)], 2, ("epsilon", 1e-5f));
        yield return Of($"{Microsoft}RotaryEmbedding", 1, s => [s.Random(1, 2, 3, 8), tensor(new long[,] { { 0, 1, 2 } }), s.Random(5, 4), s.Random(5, 4)], 1, ("interleaved", 1));
        yield return Of($"{Microsoft}RotaryEmbedding", 1, s => [s.Random(2, 3, 16), tensor(new long[,] { { 0, 1, 2 }, { 2, 3, 4 } }), s.Random(5, 4), s.Random(5, 4)], 1);
        foreach (var mask in new Func<Tensor?>[] { () => null, () => Ids(3, 2), () => Ids(1, 1, 1, 1, 0, 1).reshape(2, 3) })
        {
            yield return Of($"{Microsoft}Attention", 1, s => [s.Random(2, 3, 8), s.Random(8, 24), s.Random(24), mask()], 1, ("num_heads", 2));
            yield return Of($"{Microsoft}Attention", 1, s => [s.Random(2, 3, 8), s.Random(8, 24), s.Random(24), mask()], 1, ("num_heads", 2), ("unidirectional", 1));
            yield return Of($"{Microsoft}MultiHeadAttention", 1, s => [s.Random(2, 3, 8), s.Random(2, 3, 8), s.Random(2, 3, 8), s.Random(24), mask()], 1, ("num_heads", 2));
        }

        foreach (int shown in new[] { 0, 1, 2, 3 })
            yield return Of("Attention", 23, s => [s.Random(2, 2, 3, 4), s.Random(2, 2, 5, 4), s.Random(2, 2, 5, 4), s.Random(3, 5), null, null], 4, ("softcap", 0.8f), ("qk_matmul_output_mode", shown));
        yield return Of($"{Microsoft}Attention", 1, s => [s.Random(2, 3, 8), s.Random(8, 24), s.Random(24), null, s.Random(2, 2, 2, 5, 4)], 2, ("num_heads", 2));
        yield return Of($"{Microsoft}MultiHeadAttention", 1, s => [s.Random(2, 3, 8), s.Random(2, 5, 8), s.Random(2, 5, 8), null, null, s.Random(1, 2, 3, 5)], 1, ("num_heads", 2));
    }
}

using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Gradient cases for operators, or settings of operators, that the ONNX project's node tests lack.</summary>
internal static class GradientCases
{
    private const string Microsoft = "com.microsoft::";

    public static IEnumerable<GradientCase> ByHand()
    {
        using var generator = new Generator(7, CPU);
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator);
        Tensor Positive(params long[] shape) => rand(shape, float64, generator: generator) + 0.5;
        Tensor Longs(params long[] values) => tensor(values);

        return
        [
            .. new[] { "Abs", "Atan", "Cosh", "Erf", "Exp", "Mish", "Selu", "Swish" }.Select(name => GradientCase.Of(name, 24, [Random(2, 3)], 1)),
            GradientCase.Of("Cast", 13, [Random(2, 3)], 1, ("to", 11)),
            GradientCase.Of("CastLike", 15, [Random(2, 3), Random(1)], 1),
            GradientCase.Of("GatherND", 13, [Random(3, 4), Longs(2, 1, 0, 3).reshape(2, 2)], 1),
            GradientCase.Of("Mod", 13, [Random(2, 3), Positive(2, 3)], 1, ("fmod", 1)),
            GradientCase.Of("Trilu", 14, [Random(2, 3, 4)], 1),
            GradientCase.Of("GlobalAveragePool", 1, [Random(2, 3, 4, 5)], 1),
            GradientCase.Of("GlobalLpPool", 2, [Random(2, 3, 4, 5)], 1, ("p", 3)),
            GradientCase.Of("LpPool", 18, [Random(1, 2, 7, 6)], 1, ("kernel_shape", new long[] { 3, 2 }), ("dilations", new long[] { 2, 1 }), ("p", 3)),
            GradientCase.Of("MaxPool", 12, [Random(2, 2, 5, 6)], 2, ("kernel_shape", new long[] { 3, 3 }), ("pads", new long[] { 2, 2, 2, 2 }), ("ceil_mode", 1), ("strides", new long[] { 2, 2 })),
            GradientCase.Of("MaxUnpool", 11, [Random(1, 1, 2, 2), Longs(0, 3, 9, 14).reshape(1, 1, 2, 2)], 1, ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 })),
            GradientCase.Of("MaxRoiPool", 1, [Random(1, 2, 6, 6), tensor(new float[,] { { 0, 0, 1, 4, 5 } })], 1, ("pooled_shape", new long[] { 2, 2 })),
            GradientCase.Of("RoiAlign", 16, [Random(1, 2, 6, 6), tensor(new float[,] { { 0.3f, 1, 4.2f, 5 } }), Longs(0)], 1, ("output_height", 2), ("output_width", 3)),
            GradientCase.Of("BatchNormalization", 15, [Random(3, 2, 4), Random(2), Random(2), Random(2), Positive(2)], 1),
            GradientCase.Of("BatchNormalization", 15, [Random(3, 2, 4), Random(2), Random(2), Random(2), Positive(2)], 3, ("training_mode", 1)),
            GradientCase.Of("GroupNormalization", 18, [Random(2, 4, 3), Random(2), Random(2)], 1, ("num_groups", 2)),
            GradientCase.Of("InstanceNormalization", 6, [Random(2, 3, 4), Random(3), Random(3)], 1),
            GradientCase.Of("LayerNormalization", 17, [Random(2, 3, 4), Random(3, 4), Random(3, 4)], 3, ("axis", 1)),
            GradientCase.Of("LRN", 13, [Random(2, 5, 3, 2)], 1, ("size", 4), ("alpha", 0.3f)),
            GradientCase.Of("Gemm", 13, [Random(3, 2), Random(4, 3), Random(4)], 1, ("transA", 1), ("transB", 1), ("alpha", 0.5f), ("beta", 2f)),
            GradientCase.Of("Softmax", 11, [Random(2, 3, 4)], 1, ("axis", 1)),
            GradientCase.Of("Einsum", 12, [Random(2, 3, 4), Random(2, 4, 5)], 1, ("equation", "...ij,...jk->...ik")),
            GradientCase.Of("ConvTranspose", 11, [Random(1, 4, 3, 4), Random(4, 2, 3, 2), Random(4)], 1, ("group", 2), ("strides", new long[] { 2, 3 }), ("output_shape", new long[] { 8, 10 })),
            GradientCase.Of("Conv", 11, [Random(1, 4, 5, 6), Random(6, 2, 3, 2), Random(6)], 1, ("group", 2), ("pads", new long[] { 1, 0, 2, 1 }), ("dilations", new long[] { 2, 1 })),
            GradientCase.Of("Resize", 19, [Random(1, 2, 4, 5), null, null, Longs(1, 2, 7, 3)], 1, ("mode", "cubic"), ("antialias", 1)),
            GradientCase.Of("Resize", 11, [Random(1, 2, 4, 5), zeros(0), tensor(new[] { 1f, 1, 2, 2 })], 1, ("mode", "linear"), ("coordinate_transformation_mode", "align_corners")),
            GradientCase.Of("GridSample", 20, [Random(1, 2, 4, 5), Random(1, 3, 3, 2) * 0.4], 1, ("mode", "cubic"), ("padding_mode", "reflection")),
            GradientCase.Of("LSTM", 14, [Random(4, 2, 3), Random(2, 8, 3), Random(2, 8, 2), Random(2, 16), tensor(new[] { 4, 2 }), Random(2, 2, 2), Random(2, 2, 2), Random(2, 6)], 3, ("direction", "bidirectional"), ("hidden_size", 2)),
            GradientCase.Of("GRU", 14, [Random(4, 2, 3), Random(1, 6, 3), Random(1, 6, 2), Random(1, 12)], 2, ("direction", "reverse"), ("linear_before_reset", 1), ("hidden_size", 2)),
            GradientCase.Of("STFT", 17, [Random(1, 16, 1), tensor(4L), Positive(8)], 1),
            GradientCase.Of("SimplifiedLayerNormalization", 1, [Random(2, 3, 4), Random(4)], 2),
            GradientCase.Of($"{Microsoft}SimplifiedLayerNormalization", 1, [Random(2, 3, 4), Random(4)], 2),
            GradientCase.Of($"{Microsoft}SkipLayerNormalization", 1, [Random(2, 3, 4), Random(2, 3, 4), Random(4), Random(4), Random(4)], 4),
            GradientCase.Of($"{Microsoft}SkipSimplifiedLayerNormalization", 1, [Random(2, 3, 4), Random(2, 3, 4), Random(4), Random(4)], 4),
            GradientCase.Of($"{Microsoft}EmbedLayerNormalization", 1, [Longs(1, 3, 2, 0).reshape(2, 2), null, Random(4, 3), Random(2, 3), null, Random(3), Random(3)], 1),
            GradientCase.Of($"{Microsoft}GroupNorm", 1, [Random(2, 3, 3, 4), Random(4), Random(4)], 1, ("groups", 2), ("activation", 1)),
            GradientCase.Of($"{Microsoft}BiasAdd", 1, [Random(2, 3, 4), Random(4), Random(2, 3, 4)], 1),
            GradientCase.Of($"{Microsoft}BiasGelu", 1, [Random(2, 3, 4), Random(4)], 1),
            GradientCase.Of($"{Microsoft}BiasSoftmax", 1, [Random(2, 3, 4, 4), Random(2, 1, 1, 4)], 1, ("axis", 3)),
            GradientCase.Of($"{Microsoft}BiasSplitGelu", 1, [Random(2, 3, 4), Random(4)], 1),
            GradientCase.Of($"{Microsoft}FastGelu", 1, [Random(2, 3, 4), Random(4)], 1),
            GradientCase.Of($"{Microsoft}Gelu", 1, [Random(2, 3, 4)], 1),
            GradientCase.Of($"{Microsoft}QuickGelu", 1, [Random(2, 3, 4)], 1),
            GradientCase.Of($"{Microsoft}FusedConv", 1, [Random(1, 2, 4, 4), Random(3, 2, 3, 3), Random(3), Random(1, 3, 2, 2)], 1, ("activation", "Relu")),
            GradientCase.Of($"{Microsoft}FusedGemm", 1, [Random(2, 3), Random(3, 4), Random(4)], 1, ("activation", "LeakyRelu"), ("activation_alpha", 0.1f)),
            GradientCase.Of($"{Microsoft}FusedMatMul", 1, [Random(2, 3, 4), Random(2, 5, 4)], 1, ("transB", 1), ("alpha", 0.5f)),
            GradientCase.Of($"{Microsoft}FusedMatMulActivation", 1, [Random(2, 3, 4), Random(2, 4, 5)], 1, ("activation", "Tanh")),
            GradientCase.Of(
                $"{Microsoft}MatMulNBits", 1, [Random(2, 3, 32), (arange(32, int64) * 37).remainder(256).to(uint8).reshape(2, 2, 8), Random(4)], 1,
                ("K", 32), ("N", 2), ("bits", 4), ("block_size", 16)),
            GradientCase.Of($"{Microsoft}TransposeMatMul", 1, [Random(2, 4, 3), Random(2, 4, 5)], 1, ("transA", 1)),
            GradientCase.Of($"{Microsoft}RotaryEmbedding", 1, [Random(1, 2, 3, 4), Longs(0, 1, 2).reshape(1, 3), Random(3, 2), Random(3, 2)], 1),
            GradientCase.Of($"{Microsoft}Attention", 1, [Random(2, 3, 4), Random(4, 12), Random(12), tensor(new[] { 3, 2 })], 1, ("num_heads", 2)),
            GradientCase.Of($"{Microsoft}MultiHeadAttention", 1, [Random(2, 3, 4), Random(2, 5, 4), Random(2, 5, 4), Random(12), null, Random(1, 2, 3, 5)], 1, ("num_heads", 2)),
            GradientCase.Of("ai.onnx.preview::FlexAttention", 1, [Random(1, 4, 3, 2), Random(1, 2, 5, 2), Random(1, 2, 5, 3)], 1),
        ];
    }
}

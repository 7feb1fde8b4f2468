using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

internal sealed partial class RandomNodes
{
    private const string Microsoft = "com.microsoft::";

    private static void AddMicrosoft(Dictionary<string, Func<RandomNodes, RandomNode>> kinds)
    {
        kinds[Microsoft + "FusedConv"] = draw =>
        {
            var node = draw.Convolution(Microsoft + "FusedConv", 13);
            string activation = draw.Any("Relu", "Sigmoid", "Tanh", "LeakyRelu", "Clip", "HardSigmoid");
            float[] parameters = activation switch { "LeakyRelu" => [0.2f], "Clip" => [-0.3f, 0.4f], "HardSigmoid" => [0.3f, 0.4f], _ => [] };
            (string, object)[] attributes = [.. node.Attributes, ("activation", activation)];
            return node with { Attributes = parameters.Length > 0 ? [.. attributes, ("activation_params", parameters)] : attributes };
        };
        kinds[Microsoft + "FusedConv with an addend"] = draw => new RandomNode(
            Microsoft + "FusedConv", 13, [draw.Floats(2, 4, 5, 5), draw.Floats(3, 4, 3, 3), draw.Maybe() ? draw.Floats(3) : null, draw.Floats(2, 3, 5, 5)],
            ("activation", "Relu"), ("pads", new long[] { 1, 1, 1, 1 }));
        kinds[Microsoft + "FusedMatMul"] = draw =>
        {
            int transposeLeft = draw.Below(2), transposeRight = draw.Below(2);
            return new RandomNode(
                Microsoft + "FusedMatMul", 13, [transposeLeft == 1 ? draw.Floats(2, 4, 3) : draw.Floats(2, 3, 4), transposeRight == 1 ? draw.Floats(2, 5, 4) : draw.Floats(2, 4, 5)],
                ("transA", transposeLeft), ("transB", transposeRight), ("alpha", draw.Real(0.1, 2)));
        };
        kinds[Microsoft + "FusedMatMul of transposed batches"] = draw => new RandomNode(
            Microsoft + "FusedMatMul", 13, [draw.Floats(3, 2, 2, 3), draw.Floats(3, 2, 2, 3)],
            ("transBatchA", 1), ("transBatchB", 1), ("transA", 1), ("transB", 0), ("alpha", 0.5f));
        kinds[Microsoft + "FusedGemm"] = draw => new RandomNode(
            Microsoft + "FusedGemm", 13, [draw.Floats(3, 4), draw.Floats(5, 4), draw.Floats(5)], ("transB", 1), ("activation", draw.Any("Relu", "LeakyRelu", "Tanh", "Sigmoid")), ("activation_alpha", 0.3f));
        foreach (string name in new[] { "Gelu", "FastGelu", "QuickGelu" }) kinds[Microsoft + name] = draw => new RandomNode(Microsoft + name, 13, [draw.Floats(2, 3, 4)]);
        foreach (string name in new[] { "BiasGelu", "FastGelu" }) kinds[Microsoft + name + " with a bias"] = draw => new RandomNode(Microsoft + name, 13, [draw.Floats(2, 3, 4), draw.Floats(4)]);
        kinds[Microsoft + "SkipLayerNormalization"] = draw => new RandomNode(
            Microsoft + "SkipLayerNormalization", 13, [draw.Floats(2, 3, 4), draw.Floats(draw.Any<long[]>([2, 3, 4], [1, 3, 4], [3, 4])), draw.Floats(4), draw.Maybe() ? draw.Floats(4) : null, draw.Maybe() ? draw.Floats(4) : null],
            ("epsilon", 1e-3f));
        kinds[Microsoft + "SkipSimplifiedLayerNormalization"] = draw => new RandomNode(
            Microsoft + "SkipSimplifiedLayerNormalization", 13, [draw.Floats(2, 3, 4), draw.Floats(2, 3, 4), draw.Floats(4)], ("epsilon", 1e-3f));
        kinds["SimplifiedLayerNormalization"] = draw => new RandomNode("SimplifiedLayerNormalization", 13, [draw.Floats(2, 3, 4), draw.Floats(4)], ("epsilon", 1e-3f), ("axis", -1));
        kinds[Microsoft + "EmbedLayerNormalization"] = draw => new RandomNode(
            Microsoft + "EmbedLayerNormalization", 13,
            [
                draw.Integers(0, 9, 2, 5).to(int32), draw.Integers(0, 1, 2, 5).to(int32), draw.Floats(10, 8), draw.Floats(6, 8), draw.Floats(2, 8), draw.Floats(8), draw.Floats(8),
                draw.Maybe() ? tensor([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]).reshape(2, 5).to(int32) : null,
            ],
            ("epsilon", 1e-3f))
        { Outputs = 2 };
        kinds[Microsoft + "Attention"] = draw => draw.PackedAttention();
        kinds[Microsoft + "MultiHeadAttention"] = draw => draw.MultiHeadAttention();
        foreach (bool signed in new[] { false, true })
        {
            kinds[$"{Microsoft}QAttention of {(signed ? "signed" : "unsigned")} weights"] = draw =>
            {
                var weight = signed ? draw.SmallIntegers(8, 24) : draw.Bytes(8, 24);
                var mask = draw.Maybe() ? tensor([1, 1, 1, 0, 0, 1, 1, 1, 1, 0]).reshape(2, 5).to(int32) : null;
                return new RandomNode(
                    Microsoft + "QAttention", 13,
                    [draw.Bytes(2, 5, 8), weight, draw.Floats(24), tensor(0.01f), tensor(0.01f), mask, tensor((byte)120), signed ? tensor((sbyte)3) : tensor((byte)130)],
                    ("num_heads", 2));
            };
        }
    }

    private RandomNode PackedAttention()
    {
        var mask = Below(4) switch
        {
            0 => tensor([1, 1, 1, 0, 0, 1, 1, 1, 1, 0]).reshape(2, 5).to(int32),
            1 => tensor([3, 5]).to(int32),
            2 => tensor([3, 5, 0, 1]).to(int32),
            _ => null,
        };
        var attributes = new List<(string, object)> { ("num_heads", 2) };
        if (Maybe(0.3)) attributes.Add(("unidirectional", 1));
        if (Maybe(0.3)) attributes.Add(("scale", 0.7f));
        if (Maybe(0.3) && mask is { } given && given.dim() == 2) attributes.Add(("mask_filter_value", -100f));
        if (Maybe(0.3)) return new RandomNode(Microsoft + "Attention", 13, [Floats(2, 5, 8), Floats(8, 28), Floats(28), mask], [.. attributes, ("qkv_hidden_sizes", new long[] { 8, 8, 12 })]);
        return new RandomNode(Microsoft + "Attention", 13, [Floats(2, 5, 8), Floats(8, 24), Floats(24), mask, null, Maybe() ? Floats(2, 2, 5, 5) : null], [.. attributes]);
    }

    private RandomNode MultiHeadAttention()
    {
        var attributes = new List<(string, object)> { ("num_heads", 2) };
        if (Maybe(0.3)) attributes.Add(("scale", 0.7f));
        var mask = Below(3) switch
        {
            0 => tensor([1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1]).reshape(2, 6).to(int32),
            _ => null,
        };
        return new RandomNode(
            Microsoft + "MultiHeadAttention", 13,
            [Floats(2, 5, 8), Floats(2, 6, 8), Floats(2, 6, 8), Maybe() ? Floats(24) : null, mask, Maybe() ? Floats(Any<long>(1, 2), 2, 5, 6) : null],
            [.. attributes]);
    }
}

using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Tails in bfloat16: which nodes really compute in it, where casts stand, and what comes out.</summary>
public sealed class BFloat16NodesTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Runs the tail behind a layer, and notes what each node was given and gave.</summary>
    private static List<(string Operator, string Name, ScalarType From, ScalarType To)> Observe(OnnxSplitNetwork split, Activation activation)
    {
        var seen = new List<(string, string, ScalarType, ScalarType)>();
        using var noGrad = no_grad();
        split.RunBFloat16(activation.Features, activation, (node, inputs, outputs) =>
            seen.Add((node.Operator, node.Outputs[0], ((TensorValue)inputs[0]!).Tensor.dtype, ((TensorValue)outputs[0]).Tensor.dtype)));
        return seen;
    }

    private static Tensor Gradient(Func<Tensor, Tensor> tail, Tensor features)
    {
        var leaf = features.detach().clone().requires_grad_();
        tail(leaf).log_softmax(1).select(1, 2).sum().backward();
        return leaf.grad!;
    }

    private static double Correlation(Tensor a, Tensor b) => corrcoef(stack([a.flatten(), b.flatten()]).to(float64))[0, 1].item<double>();

    [Fact]
    public void Convolutions_of_one_group_and_products_before_the_last_compute_in_bfloat16_and_nothing_else_does()
    {
        using var network = ResidualModel.Make("N").Load();
        using var split = (OnnxSplitNetwork)network.Split("r");
        using var activation = split.Head([PictureModel.Pictures(2)]);
        var (half, full) = (ScalarType.BFloat16, ScalarType.Float32);

        // A chain of convolution, rectifier, convolution, sum and pool has no cast between them. Around the depthwise convolution there is one each; the sum with the layer is float32.
        Assert.Equal(
            [
                ("Cast", "r#bfloat16", full, half), ("Conv", "e0#bfloat16", half, half), ("Clip", "e#bfloat16", half, half), ("Cast", "e", half, full),
                ("Conv", "d", full, full),
                ("Cast", "d#bfloat16", full, half), ("Conv", "p#bfloat16", half, half), ("Cast", "p", half, full), ("Add", "s", full, full),
                ("Cast", "s#bfloat16", full, half), ("Conv", "u0#bfloat16", half, half), ("Relu", "u#bfloat16", half, half), ("Conv", "v#bfloat16", half, half),
                ("Add", "t#bfloat16", half, half), ("MaxPool", "m#bfloat16", half, half), ("Cast", "m", half, full), ("GlobalAveragePool", "g", full, full), ("Flatten", "f", full, full),
                ("Cast", "f#bfloat16", full, half), ("Gemm", "h0#bfloat16", half, half), ("Relu", "h#bfloat16", half, half), ("Cast", "h", half, full),
                ("MatMul", "logits", full, full),
            ],
            Observe(split, activation));
    }

    [Theory]
    [InlineData("N")]
    [InlineData(1)] // Its rows go through one by one, or together where they are found to be independent.
    public void Values_and_gradients_are_near_those_of_float32(object batch)
    {
        using var network = ResidualModel.Make(batch).Load();
        using var split = network.Split("r");
        using var activation = split.Head([PictureModel.Pictures(4)]);
        using var fork = split.Fork();
        Assert.Null(split.BFloat16Objection);
        foreach (var cut in new[] { split, fork })
        {
            var (exact, rounded) = (cut.Tail(activation.Features, activation), cut.BFloat16Tail(activation.Features, activation));
            Assert.Equal((ScalarType.Float32, ScalarType.Float32), (exact.dtype, rounded.dtype));
            double error = ((rounded - exact).abs().max() / exact.abs().max()).item<float>();
            Assert.InRange(error, 1e-5, 0.02);

            var gradient = Gradient(features => cut.Tail(features, activation), activation.Features);
            var ofRounded = Gradient(features => cut.BFloat16Tail(features, activation), activation.Features);
            Assert.Equal(ScalarType.Float32, ofRounded.dtype);
            Assert.InRange(Correlation(gradient, ofRounded), 0.99, 0.9999999);
        }
    }

    [Fact]
    public void The_plain_tail_keeps_its_bits()
    {
        using var network = ResidualModel.Make("N").Load();
        using var split = network.Split("r");
        using var activation = split.Head([PictureModel.Pictures(3)]);
        var before = split.Tail(activation.Features, activation);
        split.BFloat16Tail(activation.Features, activation);
        Assert.True(split.Tail(activation.Features, activation).equal(before).all().item<bool>());
    }

    [Fact]
    public void Weights_are_cast_once_for_all_cuts_in_their_layout_and_again_when_they_change()
    {
        using var network = ResidualModel.Make("N").Load();
        using var split = network.Split("r");
        using var fork = split.Fork();
        using var activation = split.Head([PictureModel.Pictures(2)]);
        split.BFloat16Tail(activation.Features, activation);
        var weight = network.BFloat16Weights.Of("wu");
        Assert.Equal(ScalarType.BFloat16, weight.dtype);
        Assert.Equal(network.Graph.Constants["wu"].Tensor.stride(), weight.stride());
        fork.BFloat16Tail(activation.Features, activation);
        Assert.Same(weight, network.BFloat16Weights.Of("wu"));

        var before = split.BFloat16Tail(activation.Features, activation);
        using (network.RandomizeWeights("u0", seed: 1))
        {
            Assert.True(network.BFloat16Weights.Of("wu").equal(network.Graph.Constants["wu"].Tensor.to(bfloat16)).all().item<bool>());
            Assert.False(split.BFloat16Tail(activation.Features, activation).equal(before).all().item<bool>());
        }

        Assert.True(split.BFloat16Tail(activation.Features, activation).equal(before).all().item<bool>());
    }

    [Fact]
    public void Batch_normalisations_are_folded_before_weights_are_cast()
    {
        var model = ResidualModel.Make("N");
        model.Graph.Node.Single(node => node.Output[0] == "u0").Output[0] = "c";
        int index = model.Graph.Node.ToList().FindIndex(node => node.Output[0] == "c");
        model.Graph.Node.Insert(index + 1, Node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], "u0"));
        model.With(
            PictureModel.Weights("scale", [8], 20), PictureModel.Weights("shift", [8], 21), PictureModel.Weights("mean", [8], 22),
            Floats("variance", [8], 1, 2, 3, 4, 5, 6, 7, 8));
        using var network = model.Load();
        using var split = (OnnxSplitNetwork)network.Split("r");
        using var activation = split.Head([PictureModel.Pictures(2)]);
        var seen = Observe(split, activation);
        Assert.Contains(("Conv", "u0#bfloat16", ScalarType.BFloat16, ScalarType.BFloat16), seen);
        Assert.DoesNotContain(seen, node => node.Operator == "BatchNormalization");
    }

    [Theory]
    [InlineData("Conv", nameof(BFloat16Use.Computes))]
    [InlineData("Conv of several groups", nameof(BFloat16Use.None))]
    [InlineData("Conv with computed weights", nameof(BFloat16Use.None))]
    [InlineData("Conv with weights of float64", nameof(BFloat16Use.None))]
    [InlineData("Conv of another domain", nameof(BFloat16Use.None))]
    [InlineData("ConvTranspose", nameof(BFloat16Use.None))]
    [InlineData("Gemm", nameof(BFloat16Use.Computes))]
    [InlineData("Gemm of a transposed input", nameof(BFloat16Use.None))]
    [InlineData("MatMul", nameof(BFloat16Use.Computes))]
    [InlineData("MatMul of two values", nameof(BFloat16Use.None))]
    [InlineData("MatMul with a stack of matrices", nameof(BFloat16Use.None))]
    [InlineData("Relu", nameof(BFloat16Use.Follows))]
    [InlineData("Clip", nameof(BFloat16Use.Follows))]
    [InlineData("Clip at a computed limit", nameof(BFloat16Use.None))]
    [InlineData("Add", nameof(BFloat16Use.Follows))]
    [InlineData("Concat", nameof(BFloat16Use.Follows))]
    [InlineData("MaxPool", nameof(BFloat16Use.Follows))]
    [InlineData("MaxPool with positions", nameof(BFloat16Use.None))]
    [InlineData("Reshape", nameof(BFloat16Use.Follows))]
    [InlineData("Transpose", nameof(BFloat16Use.Follows))]
    [InlineData("AveragePool", nameof(BFloat16Use.None))]
    [InlineData("GlobalAveragePool", nameof(BFloat16Use.None))]
    [InlineData("Softmax", nameof(BFloat16Use.None))]
    [InlineData("LayerNormalization", nameof(BFloat16Use.None))]
    [InlineData("Mul", nameof(BFloat16Use.None))]
    [InlineData("Sigmoid", nameof(BFloat16Use.None))]
    public void The_rule(string operation, string expected)
    {
        var constants = new Dictionary<string, TensorValue>
        {
            ["w"] = new(zeros(4, 4, 3, 3)),
            ["grouped"] = new(zeros(4, 2, 3, 3)),
            ["wide"] = new(zeros([4, 4, 3, 3], float64)),
            ["matrix"] = new(zeros(4, 4)),
            ["stack"] = new(zeros(2, 4, 4)),
            ["limit"] = new(zeros(1)),
        };
        var node = operation switch
        {
            "Conv" or "ConvTranspose" => Node(operation, ["x", "w"], "y"),
            "Conv of several groups" => Node("Conv", ["x", "grouped"], "y", Integer("group", 2)),
            "Conv with computed weights" => Node("Conv", ["x", "x"], "y"),
            "Conv with weights of float64" => Node("Conv", ["x", "wide"], "y"),
            "Conv of another domain" => new NodeProto { OpType = "Conv", Domain = "com.microsoft", Input = { "x", "w" }, Output = { "y" } },
            "Gemm" or "MatMul" => Node(operation, ["x", "matrix"], "y"),
            "Gemm of a transposed input" => Node("Gemm", ["x", "matrix"], "y", Integer("transA", 1)),
            "MatMul of two values" => Node("MatMul", ["x", "z"], "y"),
            "MatMul with a stack of matrices" => Node("MatMul", ["x", "stack"], "y"),
            "Clip" => Node("Clip", ["x", "limit"], "y"),
            "Clip at a computed limit" => Node("Clip", ["x", "z"], "y"),
            "Add" => Node("Add", ["x", "z"], "y"),
            "MaxPool with positions" => new NodeProto { OpType = "MaxPool", Input = { "x" }, Output = { "y", "positions" } },
            _ => Node(operation, ["x"], "y"),
        };
        var made = new GraphNode(node, 13, [.. node.Input], [.. node.Output], null, new Dictionary<GraphProto, Graph>());
        Assert.Equal(expected, BFloat16Rule.Of(made, constants).ToString());
    }

    [Theory]
    [InlineData("h")] // The last product gives the logits.
    [InlineData("logits")]
    public void A_layer_with_nothing_to_gain_behind_it_says_so(string layer)
    {
        using var network = ResidualModel.Make("N").Load();
        using var split = network.Split(layer);
        Assert.Equal(
            $"nothing behind layer '{layer}' is worth it: no convolution of one group and no product with a weight matrix, in float32, comes before the last one, which gives the logits",
            split.BFloat16Objection);
    }

    [Fact]
    public void Networks_in_float64_have_no_bfloat16()
    {
        using var network = ResidualModel.Make("N").Load(new OnnxNetworkOptions { Precision = ScalarType.Float64 });
        using var split = network.Split("r");
        Assert.NotNull(split.BFloat16Objection);
    }
}

using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Torch;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Guided backpropagation through graphs of dense layers, written out by hand, and graphs where it cannot be.</summary>
public sealed class GuidedRectifiersTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly AttributionRequest _request = new() { ChannelDimension = 0, Target = ExplanationTarget.Class(1) };

    public void Dispose() => _scope.Dispose();

    /// <summary>x <c>[N, 4]</c>, two layers with activations h and k, and logits <c>[N, 3]</c>.</summary>
    private static ModelProto Dense(string activation, object batch, long opset = 13)
    {
        NodeProto[] Layer(string input, string weights, string output) => activation switch
        {
            "FusedGemm" => [new NodeProto
            {
                OpType = "FusedGemm", Domain = "com.microsoft", Input = { input, weights }, Output = { output },
                Attribute = { new AttributeProto { Name = "activation", S = ByteString.CopyFromUtf8("Relu"), Type = AttributeProto.Types.AttributeType.String } },
            }],
            "Clip" when opset < 11 => [Node("MatMul", [input, weights], output + "0"), Node("Clip", [output + "0"], output, Float("min", 0), Float("max", 2))],
            "Clip" => [Node("MatMul", [input, weights], output + "0"), Node("Clip", [output + "0", "zero", "two"], output)],
            _ => [Node("MatMul", [input, weights], output + "0"), Node(activation, [output + "0"], output)],
        };
        var graph = new GraphProto
        {
            Name = "dense",
            Input = { PictureModel.Floats("x", batch, 4) },
            Output = { PictureModel.Floats("y", batch, 3) },
            Initializer =
            {
                PictureModel.Weights("u", [4, 7], 1), PictureModel.Weights("v", [7, 8], 2), PictureModel.Weights("w", [8, 3], 3),
                Floats("zero", [], 0), Floats("two", [], 2),
            },
            Node = { Layer("x", "u", "h"), Layer("h", "v", "k"), new[] { Node("MatMul", ["k", "w"], "y") } },
        };
        return new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = opset }, new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 } },
            Graph = graph,
        };

        static AttributeProto Float(string name, float value) => new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };
    }

    private static Tensor Weights(ModelProto model, int index)
    {
        var weights = model.Graph.Initializer[index];
        return tensor(weights.FloatData.ToArray(), weights.Dims.ToArray());
    }

    [Theory]
    [InlineData("Relu", 13, "N")]
    [InlineData("Clip", 13, "N")]
    [InlineData("Clip", 10, "N")]
    [InlineData("FusedGemm", 13, "N")]
    [InlineData("Relu", 13, 1)] // Its rows go through one by one.
    public void Each_rectifier_hands_back_what_is_positive(string activation, long opset, object batch)
    {
        var model = Dense(activation, batch, opset);
        using var network = model.Load();
        using var split = network.SplitAtInput();
        using var fork = split.Fork();
        using var method = new GuidedBackpropagation();
        var x = PictureModel.Pictures(1).flatten()[..24].view(6, 4) / 3;
        using var result = method.Explain(split, [x], _request);
        using var ofFork = method.Explain(fork, [x], _request);

        double highest = activation == "Clip" ? 2 : double.PositiveInfinity;
        var (u, v, w) = (Weights(model, 0), Weights(model, 1), Weights(model, 2));
        var first = x.matmul(u);
        var second = first.clamp(0, highest).matmul(v);
        var gradient = w[.., 1].relu() * Inside(second);
        gradient = gradient.matmul(v.t()).relu() * Inside(first);
        var expected = gradient.matmul(u.t()).abs();
        Assert.InRange(ReferenceFile.Difference(expected, result.Map), 0, 1e-6);
        Assert.Equal(result.Map, ofFork.Map);
        using var gradients = new Gradient();
        using var plain = gradients.Explain(split, [x], _request);
        Assert.False(plain.Map.allclose(result.Map));

        Tensor Inside(Tensor values) => values.gt(0).logical_and(values.lt(highest)).to(float32);
    }

    // Gradients pass through a function of ours on whatever thread they flow.
    [Fact]
    public void Forks_on_several_threads_give_the_same_bits()
    {
        using var network = OnnxNetwork.Load(ReferenceFile.PathOf("tiny/network.onnx"));
        using var split = network.SplitAtInput();
        using var method = new GuidedBackpropagation();
        var inputs = ReferenceFile.Read("tiny/inputs.f32", 4, 3, 32, 32);
        float[][] expected = Enumerable.Range(0, 4).Select(row => Explain(split, inputs[row..(row + 1)])).ToArray();
        SplitNetwork[] forks = [split.Fork(), split.Fork(), split.Fork(), split.Fork()];
        float[][][] found = new float[4][][];
        var threads = forks.Select((fork, row) => new Thread(() =>
        {
            using var scope = NewDisposeScope();
            found[row] = Enumerable.Range(0, 15).Select(_ => Explain(fork, inputs[row..(row + 1)])).ToArray();
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        foreach (var fork in forks) fork.Dispose();
        for (int row = 0; row < 4; row++) Assert.All(found[row], map => Assert.Equal(expected[row], map));

        float[] Explain(SplitNetwork cut, Tensor row)
        {
            using var result = method.Explain(cut, [row]);
            return result.Map.data<float>().ToArray();
        }
    }

    // The second input is added behind the first layer; the layer of the Grad-CAM is behind that.
    [Fact]
    public void Guided_GradCam_looks_at_a_layer_behind_several_inputs()
    {
        var model = Dense("Relu", "N");
        model.Graph.Node[1].Input[0] = "sum";
        model.Graph.Node.Insert(1, Node("Add", ["h0", "z"], "sum"));
        model.Graph.Input.Add(PictureModel.Floats("z", "N", 7));
        using var network = model.Load();
        using var split = network.SplitAtInput("x");
        using var layer = network.Split("k");
        using var guided = new GuidedBackpropagation();
        using var cam = new GradCam();
        using var both = new GuidedGradCam("k");
        Tensor[] inputs = [PictureModel.Pictures(1).flatten()[..24].view(6, 4) / 3, PictureModel.Pictures(1).flatten()[..42].view(6, 7)];
        using var gradient = guided.Explain(split, inputs, _request);
        using var map = cam.Explain(layer, inputs, new() { Target = ExplanationTarget.Class(1) });
        using var result = both.Explain(split, inputs, _request);
        Assert.InRange(ReferenceFile.Difference(gradient.Map * map.Map.unsqueeze(1), result.Map), 0, 1e-6);
        Assert.True(result.Map.gt(0).any().item<bool>());
    }

    [Theory]
    [InlineData("Tanh")]
    [InlineData("LeakyRelu")]
    public void Graphs_without_rectifiers_are_refused_by_name(string activation)
    {
        using var network = Dense(activation, "N").Load();
        using var split = network.SplitAtInput();
        using var method = new GuidedBackpropagation();
        string message = Assert.Throws<NotSupportedException>(() => method.Explain(split, [zeros(1, 4)], _request)).Message;
        Assert.Contains("'guided-backpropagation' cannot be applied at 'x': the network has no rectifiers (Relu, or Clip at 0) behind 'x'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void So_are_cuts_behind_the_last_rectifier()
    {
        using var network = Dense("Relu", "N").Load();
        using var split = network.Split("k");
        using var method = new GuidedBackpropagation();
        Assert.Contains("behind 'k'", Assert.Throws<NotSupportedException>(() => method.Explain(split, [zeros(1, 4)], _request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void So_are_rectifiers_inside_of_branches()
    {
        var model = Dense("Relu", "N");
        var branch = new GraphProto { Name = "branch", Output = { PictureModel.Unshaped("inner") }, Node = { Node("Relu", ["h0"], "inner") } };
        model.Graph.Node[1] = Node("If", ["yes"], "h", Branch("then_branch"), Branch("else_branch"));
        model.Graph.Input.Add(PictureModel.Tensor("yes", TensorProto.Types.DataType.Bool, 1));
        using var network = model.Load();
        using var split = network.SplitAtInput("x");
        using var method = new GuidedBackpropagation();
        string message = Assert.Throws<NotSupportedException>(() => method.Explain(split, [zeros(1, 4), ones(1, dtype: ScalarType.Bool)], _request)).Message;
        Assert.Contains("(If) has rectifiers inside, which are not reached", message, StringComparison.Ordinal);

        AttributeProto Branch(string name) => new() { Name = name, G = branch.Clone(), Type = AttributeProto.Types.AttributeType.Graph };
    }
}

using Google.Protobuf;
using TorchSharp;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Features of several layers from one run of the graph.</summary>
public class OnnxFeaturesTests
{
    public static TheoryData<string> Names => [.. ExportedNetwork.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void They_are_those_of_a_cut_at_each_layer_bit_for_bit(string name)
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get(name);
        using var network = test.Load();
        var all = test.Inputs.Select(input => input.ToTensor()).ToArray();
        string[] layers = network.DescribeLayers(all.Select(input => (IReadOnlyList<long>)input.shape).ToArray()).Select(layer => layer.Name).Reverse().ToArray();
        // As many rows as were recorded, and one.
        foreach (var inputs in new[] { all, Array.ConvertAll(all, input => input.narrow(0, 0, 1)) })
        {
            AssertHeads(network, layers, inputs);
        }
    }

    [Theory]
    [InlineData("var_nofold_resnet18_legacy_op13")] // convolutions with batch normalisations, both of them layers
    [InlineData("tv_vit_tiny_legacy_op17")]
    public void The_graph_is_run_once(string name)
    {
        using var network = ExportedNetwork.Get(name).Load();
        using var function = new FeatureFunction(network.Graph, network.Layers.Select(layer => network.TensorOf(layer.Name)).ToArray());
        Assert.Equal(1, function.Passes);
    }

    [Fact]
    public void A_batch_normalisation_that_one_head_folds_and_another_does_not_takes_two_runs()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        var sizes = model.Graph.Input[0].Type.TensorType.Shape.Dim;
        model.Graph.Output[0].Type = model.Graph.Output[0].Type.Clone();
        model.Graph.Output[0].Type.TensorType.Shape.Dim[1].DimValue = sizes[1].DimValue = 3;
        sizes.Add([sizes[1].Clone(), sizes[1].Clone()]);
        using var generator = new torch.Generator(1, CPU);
        model.Graph.Initializer.Add(Floats("k", [3, 3, 3, 3], randn([81], generator: generator).data<float>().ToArray()));
        foreach (string parameter in new[] { "s", "b", "e", "v" }) model.Graph.Initializer.Add(Floats(parameter, [3], rand([3], generator: generator).data<float>().ToArray()));
        model.Graph.Node.Clear();
        model.Graph.Node.Add(Node("Conv", ["x", "k"], "c", Integers("pads", 1, 1, 1, 1)));
        model.Graph.Node.Add(Node("BatchNormalization", ["c", "s", "b", "e", "v"], "n"));
        model.Graph.Node.Add(Node("Shape", ["c"], "size"));
        model.Graph.Node.Add(Node("Reshape", ["n", "size"], "r"));
        model.Graph.Node.Add(Node("GlobalAveragePool", ["r"], "p"));
        model.Graph.Node.Add(Node("Flatten", ["p"], "y"));
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        string[] layers = ["c", "n", "r", "p"];
        using var function = new FeatureFunction(network.Graph, layers);
        Assert.Equal(2, function.Passes);
        AssertHeads(network, layers, [randn([2, 3, 3, 3], generator: generator)]);
    }

    private static void AssertHeads(OnnxNetwork network, string[] layers, Tensor[] inputs)
    {
        for (int repeat = 0; repeat < 2; repeat++)
        {
            foreach (var (layer, features) in layers.Zip(network.Features(layers, inputs)))
            {
                using var split = network.Split(layer);
                using var activation = split.Head(inputs);
                Assert.Equal(activation.Features.shape, features.shape);
                Assert.Equal(activation.Features.dtype, features.dtype);
                Assert.Equal(activation.Features.contiguous().bytes.ToArray(), features.contiguous().bytes.ToArray());
                features.Dispose();
            }
        }

        var (together, output) = network.FeaturesAndOutput(layers, inputs);
        Assert.Equal(network.Features(layers, inputs), together);
        var expected = network.Forward(inputs);
        Assert.Equal(expected.shape, output.shape);
        Assert.True(expected.allclose(output, rtol: 1e-4, atol: 1e-5));
    }
}

using Iba.Onnx.Schema;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Batch normalisation in training mode: over weights it is weight standardisation, over data it is refused.</summary>
public class WeightStandardisationTests
{
    [Theory]
    [InlineData(13)]
    [InlineData(17)]
    public void Over_a_weight_it_is_folded(long opset)
    {
        using var scope = NewDisposeScope();
        var model = Model(opset, "w");
        using var network = model.Load();
        Assert.DoesNotContain(network.Graph.Nodes, node => node.Operator == "BatchNormalization");
        var pictures = Pictures(3);
        var output = network.Forward([pictures]);

        // The same by hand: each filter with mean 0 and deviation 1.
        var plain = Make().Giving(PictureModel.Floats("logits", "N", Classes));
        var filters = TensorReader.Read(plain.Graph.Initializer[0], "filters").view(6, 27);
        var standard = (filters - filters.mean([1], keepdim: true)) / (filters.var([1], unbiased: false, keepdim: true) + 1e-5).sqrt();
        plain.Graph.Initializer[0] = Floats("w", [6, 3, 3, 3], standard.contiguous().data<float>().ToArray());
        ExportedNetworkTests.AssertClose(plain.Expected(pictures), output);
        ExportedNetworkTests.AssertClose(model.Expected(pictures), output);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(17)]
    public void Over_data_it_is_refused(long opset)
        => Assert.Contains("in training mode", Assert.Throws<OnnxFormatException>(() => Model(opset, "r").Load()).Message, StringComparison.Ordinal);

    private static ModelProto Model(long opset, string normalised)
    {
        // With any other momentum OnnxRuntime writes new statistics over the initializers, which are read elsewhere, too.
        var momentum = new AttributeProto { Name = "momentum", F = 1, Type = AttributeProto.Types.AttributeType.Float };
        AttributeProto[] attributes = opset < 14 ? [momentum] : [momentum, Integer("training_mode", 1)];
        var statistics = Node("BatchNormalization", [normalised == "w" ? "flat" : "r", "one", "zero", "zero", "one"], normalised == "w" ? "standard" : "n", attributes);
        statistics.Output.Add(opset < 14 ? ["m1", "v1", "m2", "v2"] : ["m1", "v1"]);
        var model = Make().With(Floats("one", [6], 1, 1, 1, 1, 1, 1), Floats("zero", [6], new float[6]), Longs("s1", [1, 6, -1]), Longs("s2", [6, 3, 3, 3]));
        model.OpsetImport[0].Version = opset;
        model.Giving(PictureModel.Floats("logits", "N", Classes));
        if (normalised == "w")
        {
            model.Graph.Node.Insert(0, Node("Reshape", ["w", "s1"], "flat"));
            model.Graph.Node.Insert(1, statistics);
            model.Graph.Node.Insert(2, Node("Reshape", ["standard", "s2"], "kernel"));
            model.Graph.Node[3].Input[1] = "kernel";
        }
        else
        {
            model.Graph.Node.Insert(2, statistics);
            model.Graph.Node[3].Input[0] = "n";
        }

        return model;
    }

    private static TensorProto Floats(string name, long[] shape, params float[] values) => TestModel.Floats(name, shape, values);
}

using Google.Protobuf;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class FiniteWeightsTests
{
    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "infinity")]
    [InlineData(float.NegativeInfinity, "infinity")]
    public void Weights_that_nothing_can_be_computed_with_are_refused_by_name(float value, string found)
    {
        var model = Classifier();
        model.Graph.Initializer[0].FloatData[2] = value;
        var error = Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(new MemoryStream(model.ToByteArray())));
        Assert.Contains($"The weight 'w' of node 'y' (MatMul) holds {found}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Large_weights_whose_sum_overflows_are_loaded()
    {
        var model = Classifier();
        for (int i = 0; i < 4; i++) model.Graph.Initializer[0].FloatData[i] = 3e38f;
        OnnxNetwork.Load(new MemoryStream(model.ToByteArray())).Dispose();
    }

    [Fact]
    public void A_mask_that_is_added_may_hold_infinities()
    {
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "scores";
        model.Graph.Initializer.Add(Floats("mask", [2], 0, float.NegativeInfinity));
        model.Graph.Node.Add(Node("Add", ["scores", "mask"], "y"));
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        using var scope = NewDisposeScope();
        Assert.Equal([4f, float.NegativeInfinity], network.Forward([ones(1, 2)]).data<float>().ToArray());
    }
}

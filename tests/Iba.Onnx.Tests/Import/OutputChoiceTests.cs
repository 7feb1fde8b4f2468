using Iba.Onnx.Schema;
using Iba.Torch;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Which of several outputs is taken, which are refused, and what their numbers are.</summary>
public class OutputChoiceTests
{
    [Fact]
    public void Scores_are_preferred_to_embeddings_maps_and_outputs_without_shape()
    {
        Assert.Equal(("logits", "embedding"), Choice(Make(Node("Identity", ["f"], "embedding")).Giving(Floats("embedding", "N", 6), Floats("logits", "N", Classes))));
        Assert.Equal(("logits", ""), Choice(Make().Giving(Floats("r", "N", 6, 6, 6), Floats("logits", "N", Classes))));
        Assert.Equal(("logits", "r"), Choice(Make().Giving(Unshaped("r"), Unshaped("logits"))));
        Assert.Equal(("logits", "logits_task_b"), Choice(
            Make(Node("MatMul", ["f", "u"], "logits_task_b")).With(Weights("u", [6, 3], 5)).Giving(Floats("logits_task_b", "N", 3), Floats("logits", "N", Classes))));

        // Two views of the same scores leave nothing to choose.
        Assert.Equal(("prob", ""), Choice(Make(Node("Softmax", ["logits"], "prob")).Giving(Floats("prob", "N", Classes), Floats("logits", "N", Classes))));
        // Of names that say nothing a softmax does.
        Assert.Equal(("y", "f"), Choice(Make(Node("Softmax", ["logits"], "y")).Giving(Floats("f", "N", 6), Floats("y", "N", Classes))));

        static (string, string) Choice(ModelProto model)
        {
            using var network = model.Load();
            return (network.OutputName, string.Join(' ', network.OtherOutputs));
        }
    }

    [Theory]
    [InlineData("segmentation", "[N, 4, 6, 6]")]
    [InlineData("detection", "[N, 4, 36]")]
    [InlineData("heads", "[N, 2, 2]")]
    public void Several_values_for_each_class_are_refused_when_the_file_is_loaded_or_run(string kind, string shape)
    {
        using var scope = NewDisposeScope();
        var model = kind switch
        {
            "segmentation" => Make(Node("Conv", ["r", "u"], "y")).With(Weights("u", [4, 6, 1, 1], 5)).Giving(Floats("y", "N", 4, 6, 6)),
            "detection" => Make(Node("Conv", ["r", "u"], "d"), Node("Reshape", ["d", "s"], "y")).With(Weights("u", [4, 6, 1, 1], 5), Longs("s", [0, 4, 36])).Giving(Floats("y", "N", 4, 36)),
            _ => Make(Node("MatMul", ["f", "u"], "d"), Node("Reshape", ["d", "s"], "y")).With(Weights("u", [6, 4], 5), Longs("s", [0, 2, 2])).Giving(Floats("y", "N", 2, 2)),
        };
        var error = Assert.Throws<OnnxFormatException>(() => model.Load());
        Assert.Contains($"'y' has shape {shape}", error.Message, StringComparison.Ordinal);
        Assert.Contains("No other output", error.Message, StringComparison.Ordinal);

        // Where the file does not say it, the run does, with the output that would do.
        model.Graph.Output[0] = Unshaped("y");
        model.Graph.Output.Add(Floats("features", "N", 6));
        model.Graph.Node.Add(Node("Identity", ["f"], "features"));
        using var network = model.Load();
        var pictures = Pictures(2);
        foreach (var run in (Action[])[() => network.Forward([pictures]), () => Through(network, pictures)])
        {
            error = Assert.Throws<OnnxFormatException>(run);
            Assert.Contains($"'y' has shape {shape}", error.Message, StringComparison.Ordinal);
            Assert.Contains("OutputName = \"features\"", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Dimensions_of_one_are_no_obstacle()
    {
        using var scope = NewDisposeScope();
        var model = Make(Node("Conv", ["g", "u"], "y")).With(Weights("u", [4, 6, 1, 1], 5)).Giving(Floats("y", "N", 4, 1, 1));
        using var network = model.Load();
        var pictures = Pictures(2);
        Assert.Equal([2, 4], network.Forward([pictures]).shape);
        ExportedNetworkTests.AssertClose(model.Expected(pictures), network.Forward([pictures]));
    }

    [Theory]
    [InlineData("uint8", 1 / 256.0)]
    [InlineData("uint8 and back", 1 / 256.0)]
    [InlineData("percent", 1e-5)]
    [InlineData("a part of 255", 1e-5)]
    public void Probabilities_on_another_scale_are_the_logits_before_them(string kind, double tolerance)
    {
        using var scope = NewDisposeScope();
        var softmax = Node("Softmax", ["logits"], "prob", Integer("axis", 1));
        var model = kind switch
        {
            "uint8" => Make(softmax, Node("QuantizeLinear", ["prob", "scale", "zero"], "y")).Giving(Tensor("y", DataType.Uint8, "N", Classes)),
            "uint8 and back" => Make(softmax, Node("QuantizeLinear", ["prob", "scale", "zero"], "q"), Node("DequantizeLinear", ["q", "scale", "zero"], "y")).Giving(Floats("y", "N", Classes)),
            "percent" => Make(softmax, Node("Mul", ["prob", "hundred"], "y")).Giving(Floats("y", "N", Classes)),
            _ => Make(softmax, Node("Mul", ["hundred", "prob"], "h"), Node("Div", ["h", "scale"], "d"), Node("Reshape", ["d", "s"], "y")).Giving(Floats("y", "N", Classes)),
        };
        model.With(TestModel.Floats("scale", [], 1 / 256f), TestModel.Floats("hundred", [], 100), Longs("s", [-1, Classes]), Byte("zero", 0));
        double scale = kind switch { "uint8" => 256, "percent" => 100, "uint8 and back" => 1, _ => 25600 };
        using var network = model.Load();
        Assert.Equal(OutputKind.Logits, network.Output);
        var pictures = Pictures(3);
        var expected = model.Expected(pictures).to(float32) / scale;
        Assert.InRange((expected - network.Forward([pictures]).softmax(1)).abs().max().item<float>(), 0, tolerance);
        Assert.InRange(expected.max().item<float>(), 0.3, 1);
    }

    [Fact]
    public void A_softmax_written_out_is_taken_from_percent()
    {
        using var scope = NewDisposeScope();
        var model = Make(Node("Exp", ["logits"], "e"), Node("ReduceSum", ["e", "axes"], "sum"), Node("Div", ["e", "sum"], "prob"), Node("Mul", ["prob", "hundred"], "y"))
            .With(Longs("axes", [1]), TestModel.Floats("hundred", [], 100)).Giving(Floats("y", "N", Classes));
        using var network = model.Load();
        var pictures = Pictures(3);
        ExportedNetworkTests.AssertClose(model.Expected(pictures) / 100, network.Forward([pictures]));
    }

    [Fact]
    public void Quantised_logits_are_taken_before_they_are_rounded_to_integers()
    {
        using var scope = NewDisposeScope();
        var model = Make(Node("QuantizeLinear", ["logits", "scale", "zero"], "y")).Giving(Tensor("y", DataType.Uint8, "N", Classes))
            .With(TestModel.Floats("scale", [], 0.1f), Byte("zero", 128));
        using var network = model.Load();
        var pictures = Pictures(3);
        var expected = (model.Expected(pictures).to(float32) - 128) * 0.1;
        Assert.InRange((expected - network.Forward([pictures])).abs().max().item<float>(), 1e-6, 0.0502);
    }

    [Theory]
    [InlineData("QLinearSigmoid", OutputKind.MultiLabel)]
    [InlineData("QLinearSoftmax", OutputKind.Probabilities)]
    public void Quantised_probabilities_are_what_they_are(string operation, OutputKind expected)
    {
        using var scope = NewDisposeScope();
        AttributeProto[] attributes = operation == "QLinearSoftmax" ? [Integer("axis", 1), Integer("opset", 13)] : [];
        var quantised = Node(operation, ["q", "scale", "zero", "unit", "none"], "p", attributes);
        quantised.Domain = "com.microsoft";
        var model = Make(Node("QuantizeLinear", ["logits", "scale", "zero"], "q"), quantised, Node("DequantizeLinear", ["p", "unit", "none"], "y"))
            .With(TestModel.Floats("scale", [], 0.1f), TestModel.Floats("unit", [], 1 / 256f), Byte("zero", 128), Byte("none", 0)).Giving(Floats("y", "N", Classes));
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        using var network = model.Load();
        Assert.Equal(expected, network.Output);
        var pictures = Pictures(3);
        Assert.InRange((model.Expected(pictures) - network.Forward([pictures])).abs().max().item<float>(), 0, 1.01 / 256);

        // The integers themselves are no probabilities.
        model.Graph.Output[0] = Tensor("p", DataType.Uint8, "N", Classes);
        Assert.Contains("a tensor of Uint8", Assert.Throws<OnnxFormatException>(() => model.Load()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sigmoids_over_several_columns_are_labels_of_their_own(bool percent)
    {
        using var scope = NewDisposeScope();
        var model = Make(percent ? [Node("Sigmoid", ["logits"], "p"), Node("Mul", ["p", "hundred"], "y")] : [Node("Sigmoid", ["logits"], "y")])
            .With(TestModel.Floats("hundred", [], 100)).Giving(Floats("y", "N", Classes));
        using var network = model.Load();
        Assert.Equal(OutputKind.MultiLabel, network.Output);
        var pictures = Pictures(3);
        var expected = model.Expected(pictures) / (percent ? 100 : 1);
        ExportedNetworkTests.AssertClose(expected, network.Forward([pictures]));

        using var split = network.Split("r");
        using var activation = split.Head([pictures]);
        using var accumulator = new LayerStatisticsAccumulator(1, perChannel: false);
        accumulator.Add(activation.Features);
        using var statistics = accumulator.ToStatistics();
        using var bottleneck = new PerSampleBottleneck(split, statistics, new BottleneckOptions { Steps = 2, NoiseCopies = 2 });
        using var result = bottleneck.Explain(activation);
        ExportedNetworkTests.AssertClose(expected, result.Probabilities);
    }

    [Theory]
    [InlineData(OutputKind.Probabilities, "N", 1)]
    [InlineData(OutputKind.Probabilities, "N", 1, 1)]
    [InlineData(OutputKind.Probabilities, "N")]
    [InlineData(OutputKind.Auto, "N", 1)]
    public void A_single_column_is_a_probability_where_a_sigmoid_writes_it_and_else_the_user_decides(OutputKind expected, params object[] shape)
    {
        using var scope = NewDisposeScope();
        bool sigmoid = expected == OutputKind.Probabilities;
        NodeProto[] end = [Node("MatMul", ["f", "u"], "age"), Node(sigmoid ? "Sigmoid" : "Identity", ["age"], "p"), Node("Reshape", ["p", "s"], "y")];
        var model = Make(end).With(Weights("u", [6, 1], 5), Longs("s", [-1, .. shape.Skip(1).Select(_ => 1L)])).Giving(Floats("y", shape));
        using var network = model.Load();
        Assert.Equal(expected, network.Output);
        var pictures = Pictures(3);
        ExportedNetworkTests.AssertClose(model.Expected(pictures).reshape(3, 1), network.Forward([pictures]));
        if (sigmoid) return;
        var error = Assert.Throws<InvalidOperationException>(() => OutputKindDetector.Detect(network.Forward([pictures])));
        Assert.Contains("Set the option Output to Logits", error.Message, StringComparison.Ordinal);
        Assert.Contains("regression", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Integers_are_refused()
    {
        var model = Make(Node("Cast", ["logits"], "y", Integer("to", (int)DataType.Int32))).Giving(Tensor("y", DataType.Int32, "N", Classes));
        Assert.Contains("a tensor of Int32", Assert.Throws<OnnxFormatException>(() => model.Load()).Message, StringComparison.Ordinal);
    }

    private static TensorProto Byte(string name, int value) => new() { Name = name, DataType = (int)DataType.Uint8, Int32Data = { value } };

    private static void Through(OnnxNetwork network, Tensor pictures)
    {
        using var split = network.Split("c");
        using var activation = split.Head([pictures]);
        split.Tail(activation.Features, activation).Dispose();
    }
}

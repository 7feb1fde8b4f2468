using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Inputs without a shape, and inputs that are the same for all rows.</summary>
public class FixedInputsTests
{
    [Fact]
    public void An_input_without_a_shape_takes_any()
    {
        using var scope = NewDisposeScope();
        var model = Make().Giving(Floats("logits", "N", Classes));
        var pictures = Pictures(3);
        var expected = model.Expected(pictures);
        model.Graph.Input[0].Type.TensorType.Shape = null;
        using var network = model.Load();
        Assert.Empty(Assert.Single(network.Inputs).Shape);
        ExportedNetworkTests.AssertClose(expected, network.Forward([pictures]));
        Assert.Contains("no declared shape", Assert.Throws<InvalidOperationException>(() => network.Layers).Message, StringComparison.Ordinal);
        Assert.Equal([1, 6, 6, 6], network.DescribeLayers([1, 3, 8, 8]).Single(layer => layer.Name == "r").Shape);
        using var split = network.Split("r");
        using var activation = split.Head([pictures]);
        ExportedNetworkTests.AssertClose(expected, split.Tail(activation.Features, activation));
        Assert.Equal([-1], split.Layer.Shape);
    }

    [Fact]
    public void An_input_of_one_number_for_each_row_is_one()
    {
        using var scope = NewDisposeScope();
        var model = Make(Node("Unsqueeze", ["t", "one"], "t1"), Node("Mul", ["logits", "t1"], "y")).With(Longs("one", [1])).Giving(Floats("y", "N", Classes));
        model.Graph.Input.Add(Floats("t", "N"));
        using var network = model.Load();
        Assert.Equal([-1], network.Inputs[1].Shape);
        var (pictures, factors) = (Pictures(3), tensor((float[])[1, 2, 0.5f]));
        ExportedNetworkTests.AssertClose(model.Expected(pictures, factors), network.Forward([pictures, factors]));
        Assert.Throws<ArgumentException>(() => network.Forward([pictures, factors.unsqueeze(1)]));
    }

    [Fact]
    public void A_number_for_all_rows_is_refused_with_a_cure_that_works_and_is_saved()
    {
        using var scope = NewDisposeScope();
        var model = Make(Node("Mul", ["logits", "keep"], "scaled"), Node("Where", ["training", "logits", "scaled"], "y")).Giving(Floats("y", "N", Classes));
        model.Graph.Input.Add([Floats("keep"), Tensor("training", DataType.Bool)]);
        var pictures = Pictures(3);
        Assert.Contains("[\"keep\"] = [1]", Assert.Throws<OnnxFormatException>(() => model.Load()).Message, StringComparison.Ordinal);
        var values = new Dictionary<string, double[]> { ["keep"] = [0.5] };
        Assert.Contains("[\"training\"] = [0]", Assert.Throws<OnnxFormatException>(() => model.Load(new OnnxNetworkOptions { InputValues = values })).Message, StringComparison.Ordinal);
        values["training"] = [0];
        using var network = model.Load(new OnnxNetworkOptions { InputValues = values });
        Assert.Equal("x", Assert.Single(network.Inputs).Name);
        var expected = model.Expected(pictures, tensor(0.5f), tensor(false));
        ExportedNetworkTests.AssertClose(expected, network.Forward([pictures]));
        using var saved = new MemoryStream();
        network.Save(saved);
        saved.Position = 0;
        using var again = OnnxNetwork.Load(saved);
        ExportedNetworkTests.AssertClose(expected, again.Forward([pictures]));
    }

    [Fact]
    public void One_value_fills_the_declared_shape_and_several_must_fit_it()
    {
        using var scope = NewDisposeScope();
        var model = Make(Node("Mul", ["logits", "weights"], "y")).Giving(Floats("y", "N", Classes));
        model.Graph.Input.Add(Floats("weights", "k", Classes));
        var pictures = Pictures(2);
        foreach (double[] values in (double[][])[[2], [1, 2, 3, 4, 5]])
        {
            using var network = model.Load(new OnnxNetworkOptions { InputValues = new Dictionary<string, double[]> { ["weights"] = values } });
            float[] all = [.. (values.Length == 1 ? Enumerable.Repeat(2.0, Classes) : values).Select(value => (float)value)];
            ExportedNetworkTests.AssertClose(model.Expected(pictures, tensor(all).unsqueeze(0)), network.Forward([pictures]));
        }

        Refuses("weights", [1, 2], "[?, 5]; 2 are given");
        Refuses("weigths", [1], "no input 'weigths'. It has: 'x', 'weights'");
        model.Graph.Input[1].Type.TensorType.ElemType = (int)DataType.Int64;
        Refuses("weights", [1.5], "is Int64, which 1.5 cannot be");

        void Refuses(string name, double[] values, string problem)
        {
            var options = new OnnxNetworkOptions { InputValues = new Dictionary<string, double[]> { [name] = values } };
            Assert.Contains(problem, Assert.Throws<ArgumentException>(() => model.Load(options)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_value_goes_before_the_one_that_the_file_has()
    {
        using var scope = NewDisposeScope();
        var model = Make(Node("Mul", ["logits", "keep"], "y")).With(TestModel.Floats("keep", [], 0.25f)).Giving(Floats("y", "N", Classes));
        model.Graph.Input.Add(Floats("keep"));
        var pictures = Pictures(2);
        using var plain = model.Load();
        using var doubled = model.Load(new OnnxNetworkOptions { InputValues = new Dictionary<string, double[]> { ["keep"] = [0.5] } });
        ExportedNetworkTests.AssertClose(plain.Forward([pictures]) * 2, doubled.Forward([pictures]));
    }
}

using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Torch;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Which output of a file is taken, and what for.</summary>
public class OnnxOutputTests
{
    [Theory]
    [InlineData("Softmax")]
    [InlineData("LogSoftmax")]
    public void A_softmax_at_the_end_is_taken_out(string operation)
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "logits";
        model.Graph.Node.Add(Node(operation, ["logits"], "p"));
        model.Graph.Node.Add(Node("Identity", ["p"], "y"));
        using var network = Load(model);
        Assert.Equal(OutputKind.Logits, network.Output);
        Assert.Equal([4f, 6f], network.Forward([ones(1, 2)]).data<float>().ToArray());
    }

    [Fact]
    public void A_softmax_in_the_middle_stays()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Node.Add(Node("Softmax", ["a"], "p"));
        model.Graph.Node.Add(Node("MatMul", ["p", "w"], "y"));
        using var network = Load(model);
        Assert.Equal(OutputKind.Auto, network.Output);
        Assert.NotEqual([4f, 6f], network.Forward([ones(1, 2)]).data<float>().ToArray());
    }

    [Theory]
    [InlineData(OutputKind.Auto, "MatMul")]
    [InlineData(OutputKind.Auto, "MatMul", "Add")]
    [InlineData(OutputKind.Probabilities, "MatMul", "Sigmoid")]
    [InlineData(OutputKind.Probabilities, "MatMul", "Add", "Sigmoid", "Identity")]
    [InlineData(OutputKind.Auto, "MatMul", "Sigmoid", "Sqrt")]
    public void The_last_node_tells_what_a_single_output_is(OutputKind expected, params string[] operations)
    {
        Assert.Equal(expected, Kind(columns: 1));
        Assert.Equal(expected == OutputKind.Probabilities ? OutputKind.MultiLabel : OutputKind.Auto, Kind(columns: 2));

        OutputKind Kind(int columns)
        {
            var model = Classifier();
            model.Graph.Output[0].Type = model.Graph.Output[0].Type.Clone();
            model.Graph.Output[0].Type.TensorType.Shape.Dim[1] = Size(columns);
            model.Graph.Node.Clear();
            model.Graph.Initializer.Add(Floats("v", [2, columns], new float[2 * columns]));
            for (int i = 0; i < operations.Length; i++)
            {
                string from = i == 0 ? "x" : $"t{i}", to = i == operations.Length - 1 ? "y" : $"t{i + 1}";
                model.Graph.Node.Add(Node(operations[i], operations[i] is "MatMul" or "Add" ? [from, operations[i] == "Add" ? "bias" : "v"] : [from], to));
            }

            model.Graph.Initializer.Add(Floats("bias", [columns], new float[columns]));
            using var network = Load(model);
            return network.Output;
        }
    }

    [Fact]
    public void A_sum_of_probabilities_is_not_taken_for_a_logit()
    {
        var model = Classifier();
        model.Graph.Output[0].Type = model.Graph.Output[0].Type.Clone();
        model.Graph.Output[0].Type.TensorType.Shape.Dim[1] = Size(1);
        model.Graph.Initializer[0] = Floats("w", [2, 1], 1, 2);
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Node.Add(Node("Sigmoid", ["a"], "p"));
        model.Graph.Node.Add(Node("Add", ["p", "p"], "y"));
        using var network = Load(model);
        Assert.Equal(OutputKind.Auto, network.Output);
    }

    [Fact]
    public void The_number_of_a_class_is_refused_with_the_tensor_before_it_which_can_be_named()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "scores";
        model.Graph.Node.Add(Node("ArgMax", ["scores"], "y", Integer("axis", 1)));
        model.Graph.Output[0].Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Int64 } };
        var error = Assert.Throws<OnnxFormatException>(() => Load(model));
        Assert.Contains("'y' (ArgMax)", error.Message, StringComparison.Ordinal);
        Assert.Contains("OnnxNetworkOptions.OutputName = \"scores\"", error.Message, StringComparison.Ordinal);

        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()), new OnnxNetworkOptions { OutputName = "scores" });
        Assert.Equal([4f, 6f], network.Forward([ones(1, 2)]).data<float>().ToArray());
        using var again = SavedAndLoaded(network);
        Assert.Equal([4f, 6f], again.Forward([ones(1, 2)]).data<float>().ToArray());
    }

    [Fact]
    public void Classes_are_preferred_to_a_feature_map()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        var type = model.Graph.Output[0].Type.Clone();
        type.TensorType.Shape.Dim.Add([new(), new()]); // of any size
        model.Graph.Output.Insert(0, new ValueInfoProto { Name = "map", Type = type });
        model.Graph.Initializer.Add(Longs("axes", [2, 3]));
        model.Graph.Node.Add(Node("Unsqueeze", ["x", "axes"], "map"));
        using var network = Load(model);
        Assert.Equal([4f, 6f], network.Forward([ones(1, 2)]).data<float>().ToArray());

        // Saved with the map as the output, it is chosen again.
        using var mapped = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()), new OnnxNetworkOptions { OutputName = "map" });
        using var again = SavedAndLoaded(mapped);
        Assert.Equal([1f, 1f], again.Forward([ones(1, 2)]).data<float>().ToArray());
    }

    [Fact]
    public void Saving_keeps_the_results_the_chosen_output_and_the_precision()
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get("hb_two_outputs_op13");
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        using var network = test.Load(new OnnxNetworkOptions { OutputName = "flatten_9", Precision = ScalarType.Float64 });
        using var again = SavedAndLoaded(network);
        Assert.Equal(8, again.Forward(inputs).shape[1]);
        Assert.Equal(ScalarType.Float64, again.Forward(inputs).dtype);
        ExportedNetworkTests.AssertClose(network.Forward(inputs), again.Forward(inputs), 0);
        using var single = SavedAndLoaded(network, new OnnxNetworkOptions { Precision = ScalarType.Float32 });
        Assert.Equal(ScalarType.Float32, single.Forward(inputs).dtype);
    }

    private static OnnxNetwork SavedAndLoaded(OnnxNetwork network, OnnxNetworkOptions? options = null)
    {
        using var saved = new MemoryStream();
        network.Save(saved);
        saved.Position = 0;
        return OnnxNetwork.Load(saved, options ?? new OnnxNetworkOptions());
    }

    private static TensorShapeProto.Types.Dimension Size(long size) => new() { DimValue = size };

    private static OnnxNetwork Load(ModelProto model) => OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
}

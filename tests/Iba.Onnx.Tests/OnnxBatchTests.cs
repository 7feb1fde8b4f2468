using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Batches of any size, whatever a file was exported with.</summary>
public class OnnxBatchTests
{
    [Theory]
    [InlineData("var_fixed1_vit_tiny_legacy_op17")]
    [InlineData("var_fixed1_swin_tiny_legacy_op16")]
    public void A_graph_with_a_fixed_batch_takes_larger_ones_at_once(string name)
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get(name);
        using var network = test.Load();
        Assert.Equal(1, network.FixedBatch?.Rows);
        using var function = new BatchedFunction(network.Graph, network.Inputs.Select(input => input.Name).ToArray(), network.OutputTensor, network.FixedBatch);
        using var generator = new torch.Generator(1, CPU);
        function.Run([randn([4, .. test.Inputs[0].Shape[1..]], generator: generator)], 4);
        Assert.True(function.TakesOtherBatches);
    }

    [Theory]
    [InlineData("DynamicQuantizeLinear", null)]
    [InlineData("DynamicQuantizeLinear", 4L)]
    [InlineData("MeanVarianceNormalization", null)]
    [InlineData("MeanVarianceNormalization", 5L)]
    public void Rows_and_copies_do_not_change_each_others_results(string operation, long? exported)
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        if (exported is { } batch) model.Graph.Input[0].Type.TensorType.Shape.Dim[0] = new() { DimValue = batch };
        model.Graph.Node.Clear();
        model.Graph.Node.Add(Node("Relu", ["x"], "a"));
        if (operation == "DynamicQuantizeLinear")
        {
            var quantize = Node(operation, ["a"], "q");
            quantize.Output.Add(["scale", "zero"]);
            model.Graph.Node.Add(quantize);
            model.Graph.Node.Add(Node("DequantizeLinear", ["q", "scale", "zero"], "b"));
        }
        else
        {
            model.Graph.Node.Add(Node(operation, ["a"], "b", Integers("axes", 0, 1)));
        }

        model.Graph.Node.Add(Node("MatMul", ["b", "w"], "y"));
        using var network = Load(model);
        using var generator = new torch.Generator(1, CPU);
        var inputs = randn([5, 2], generator: generator) * tensor(new[] { 1f, 3, 9, 27, 81 }).unsqueeze(1);
        var alone = Enumerable.Range(0, 5).Select(row => network.Forward([inputs.narrow(0, row, 1)])).ToArray();
        Assert.True(network.Forward([inputs]).equal(cat(alone)).all().item<bool>());
        using var split = network.Split("a");
        using var activation = split.Head([inputs]);
        Assert.True(split.Tail(activation.Features, activation).equal(cat(alone)).all().item<bool>());
        var copies = cat([activation.Features, activation.Features * 100], 1).reshape(10, 2);
        var copied = split.Tail(copies, activation);
        Assert.True(copied[TensorIndex.Slice(step: 2)].equal(cat(alone)).all().item<bool>());
    }

    // Found by fuzzing.
    [Fact]
    public void A_graph_with_a_fixed_batch_may_give_no_values_and_is_refused_if_it_gives_truth_values()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Input[0].Type.TensorType.Shape.Dim[0] = new() { DimValue = 1 };
        model.Graph.Initializer.Add(Floats("none", [2, 0]));
        model.Graph.Node.Clear();
        model.Graph.Node.Add(Node("MatMul", ["x", "none"], "y"));
        using (var network = Load(model)) Assert.Equal([3, 0], network.Forward([zeros(3, 2)]).shape);

        model.Graph.Node.Clear();
        model.Graph.Node.Add(Node("Greater", ["x", "zero"], "y"));
        model.Graph.Initializer.Add(Floats("zero", [], 0));
        using (var network = Load(model)) Assert.Contains("is integers (Bool)", Assert.Throws<OnnxFormatException>(() => network.Forward([zeros(3, 2)])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(14, 1)]
    [InlineData(9, 5)]
    public void Batch_normalisation_in_training_mode_is_refused(long opset, int outputs)
    {
        var model = Classifier();
        model.OpsetImport[0].Version = opset;
        model.Graph.Node[0].Output[0] = "a";
        foreach (string name in new[] { "scale", "bias", "mean", "variance" }) model.Graph.Initializer.Add(Floats(name, [2], 1, 1));
        var normalisation = Node("BatchNormalization", ["a", "scale", "bias", "mean", "variance"], "y");
        normalisation.Name = "bn1";
        if (opset >= 14) normalisation.Attribute.Add(Integer("training_mode", 1));
        normalisation.Output.Add(Enumerable.Range(1, outputs - 1).Select(i => $"o{i}"));
        model.Graph.Node.Add(normalisation);
        Assert.Contains("'bn1' (BatchNormalization) is in training mode", Assert.Throws<OnnxFormatException>(() => Load(model)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Reshape")]
    [InlineData("Concat")]
    public void A_single_row_baked_into_a_graph_with_an_open_batch_does_no_harm(string operation)
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Node.Clear();
        model.Graph.Initializer.Add(Longs("one", [1, -1]));
        model.Graph.Initializer.Add(Floats("token", [1, 1], 1));
        model.Graph.Initializer.Add(Floats("v", [3, 2], 1, 2, 3, 4, 5, 6));
        model.Graph.Node.Add(Node("Relu", ["x"], "a"));
        model.Graph.Node.Add(operation == "Reshape" ? Node("Reshape", ["a", "one"], "b") : Node("Concat", ["a", "token"], "b", Integer("axis", 1)));
        model.Graph.Node.Add(Node("MatMul", ["b", operation == "Reshape" ? "w" : "v"], "y"));
        using var network = Load(model);
        Assert.Equal(["x", "a", "b", "y"], network.Layers.Select(layer => layer.Name));
        using var generator = new torch.Generator(1, CPU);
        var inputs = randn([3, 2], generator: generator);
        var alone = cat(Enumerable.Range(0, 3).Select(row => network.Forward([inputs.narrow(0, row, 1)])).ToArray());
        ExportedNetworkTests.AssertClose(alone, network.Forward([inputs]));
        using var split = network.Split("a");
        using var activation = split.Head([inputs]);
        ExportedNetworkTests.AssertClose(alone.repeat_interleave(2, 0), split.Tail(activation.Features.repeat_interleave(2, 0), activation));
    }

    [Fact]
    public void A_graph_that_computes_one_row_only_says_so()
    {
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Initializer.Add(Longs("shape", [2, 2]));
        model.Graph.Node.Add(Node("Expand", ["a", "shape"], "y"));
        using var network = Load(model);
        var error = Assert.Throws<OnnxFormatException>(() => network.Layers);
        Assert.Contains("computes a batch of 1 only", error.Message, StringComparison.Ordinal);
        Assert.Contains("Expand", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tv_mobilenet_v2_dynamo_op18_noopt")]
    [InlineData("hf_electra_sdpa_dynamo_op20")]
    [InlineData("var_fixed1_swin_tiny_legacy_op16")]
    public void Forks_of_a_cut_work_at_the_same_time_and_give_the_same_bits(string name)
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get(name);
        using var network = test.Load();
        using var split = network.Split(test.Cut!.Tensor);
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        float[] expected = Gradient(split);
        var forks = Enumerable.Range(0, 3).Select(_ => split.Fork()).ToArray();
        Parallel.For(0, 12, i =>
        {
            lock (forks[i % 3]) Assert.Equal(expected, Gradient(forks[i % 3]));
        });
        foreach (var fork in forks) fork.Dispose();
        Assert.Equal(expected, Gradient(split));

        float[] Gradient(SplitNetwork cut)
        {
            using var scope = NewDisposeScope();
            using var activation = cut.Head(inputs);
            using var row = activation.Slice(0, 1);
            var features = row.Features.repeat_interleave(2, 0).requires_grad_();
            cut.Tail(features, row).square().sum().backward();
            return features.grad!.contiguous().data<float>().ToArray();
        }
    }

    private static OnnxNetwork Load(ModelProto model) => OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
}

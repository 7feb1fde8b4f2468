using Google.Protobuf;
using Iba.Onnx.Schema;
using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Layers, cuts, inputs and the life of an <see cref="OnnxNetwork"/>.</summary>
public class OnnxNetworkTests
{
    [Fact]
    public void Saving_twice_gives_the_same_bytes()
    {
        using var network = ExportedNetwork.Get("tv_mobilenet_v2_dynamo_op18_noopt").Load();
        using var first = new MemoryStream();
        network.Save(first);
        first.Position = 0;
        using var again = OnnxNetwork.Load(first);
        using var second = new MemoryStream();
        again.Save(second);
        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Fact]
    public void An_unknown_layer_names_the_nearest()
    {
        using var network = ExportedNetwork.Get("timm_eca_resnet_narrow_legacy_op13").Load();
        var error = Assert.Throws<ArgumentException>(() => network.Split("/layer2/layer2.0/act2/relu_output"));
        Assert.Contains("no layer '/layer2/layer2.0/act2/relu_output'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'/layer2/layer2.0/act2/Relu_output_0'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_beside_a_skip_connection_names_what_crosses()
    {
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Node.Add(Node("Relu", ["a"], "b"));
        model.Graph.Node.Add(Node("MatMul", ["b", "w"], "c"));
        model.Graph.Node.Add(Node("Add", ["c", "a"], "y"));
        using var network = Load(model);
        var error = Assert.Throws<ArgumentException>(() => network.Split("b"));
        Assert.Contains("cannot be cut at 'b': features also pass through 'a' beside it", error.Message, StringComparison.Ordinal);
        Assert.Equal(["x", "a", "y"], network.Layers.Select(layer => layer.Name));
    }

    [Fact]
    public void Features_of_every_floating_point_input_have_layers()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Input.Add(new ValueInfoProto { Name = "m", Type = model.Graph.Input[0].Type });
        model.Graph.Node.Clear();
        model.Graph.Node.Add(Node("MatMul", ["x", "w"], "a"));
        model.Graph.Node.Add(Node("Sigmoid", ["m"], "gate"));
        model.Graph.Node.Add(Node("Mul", ["a", "gate"], "merged"));
        model.Graph.Node.Add(Node("MatMul", ["merged", "w"], "y"));
        using var network = Load(model);
        Assert.Equal(["x", "m", "a", "gate", "merged", "y"], network.Layers.Select(layer => layer.Name));
        using var generator = new torch.Generator(1, CPU);
        Tensor[] inputs = [randn([3, 2], generator: generator), randn([3, 2], generator: generator)];
        foreach (var layer in network.Layers)
        {
            using var split = network.Split(layer.Name);
            using var activation = split.Head(inputs);
            var features = activation.Features.clone().requires_grad_();
            var outputs = split.Tail(features, activation);
            ExportedNetworkTests.AssertClose(network.Forward(inputs), outputs);
            outputs.sum().backward();
            Assert.True(features.grad!.ne(0).all().item<bool>());
            Assert.Equal(layer.Name is "x" or "a" or "merged" or "y", split.Explains("x"));
            Assert.Equal(layer.Name is "m" or "gate" or "merged" or "y", split.Explains("m"));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("x")]
    [InlineData("m")]
    public void Each_floating_point_input_is_a_cut_beside_the_others(string? input)
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Input.Insert(0, new ValueInfoProto { Name = "ids", Type = model.Graph.Input[0].Type.Clone() });
        model.Graph.Input[0].Type.TensorType.ElemType = (int)DataType.Int64;
        model.Graph.Input.Add(new ValueInfoProto { Name = "m", Type = model.Graph.Input[1].Type });
        model.Graph.Node.Clear();
        model.Graph.Node.Add(Node("Cast", ["ids"], "gate", Integer("to", (int)DataType.Float)));
        model.Graph.Node.Add(Node("Mul", ["x", "gate"], "gated"));
        model.Graph.Node.Add(Node("Mul", ["gated", "m"], "product"));
        model.Graph.Node.Add(Node("MatMul", ["product", "w"], "y"));
        using var network = Load(model);
        using var split = network.SplitAtInput(input);
        string explained = input ?? "x";
        Assert.Equal(explained, split.Layer.Name);
        Assert.Equal([1, 2], split.Layer.Shape);
        Assert.Equal(0, split.Layer.CostShare);
        Assert.Equal(explained == "x", split.Explains("x"));
        Assert.Equal(explained == "m", split.Explains("m"));

        using var generator = new torch.Generator(1, CPU);
        Tensor[] inputs = [tensor(new long[,] { { 1, 2 }, { 3, 4 }, { 5, 6 } }), randn([3, 2], generator: generator), randn([3, 2], generator: generator)];
        int index = explained == "x" ? 1 : 2;
        using var origin = split.Head(inputs);
        Assert.Equal(inputs[index], origin.Features);
        var versions = (origin.Features.repeat_interleave(2, 0) + tensor(new float[,] { { 0 }, { 1 } }).repeat(3, 1)).requires_grad_();
        var output = split.Tail(versions, origin);
        output.sum().backward();

        var repeated = Array.ConvertAll(inputs, tensor => tensor.repeat_interleave(2, 0));
        repeated[index] = versions.detach();
        ExportedNetworkTests.AssertClose(network.Forward(repeated), output);
        ExportedNetworkTests.AssertClose(repeated[0] * repeated[3 - index] * tensor(new float[] { 3, 7 }), versions.grad!);
        Assert.Contains("cut at the embeddings", Assert.Throws<ArgumentException>(() => network.SplitAtInput("ids")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.SplitAtInput("z"));
    }

    [Theory]
    [InlineData("N")]
    [InlineData(null)]
    public void The_values_of_a_pool_whose_positions_are_read_later_are_a_layer(string? batch)
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Output[0].Type = model.Graph.Output[0].Type.Clone();
        var shape = model.Graph.Input[0].Type.TensorType.Shape;
        shape.Dim[0] = batch == null ? Size(1) : shape.Dim[0];
        shape.Dim[1] = Size(1);
        shape.Dim.Add([Size(4), Size(4)]);
        long[] two = [2, 2];
        model.Graph.Node.Clear();
        model.Graph.Node.Add(Node("MaxPool", ["x"], "values", Integers("kernel_shape", two), Integers("strides", two)));
        model.Graph.Node[0].Output.Add("positions");
        model.Graph.Node.Add(Node("Sigmoid", ["values"], "s"));
        model.Graph.Node.Add(Node("MaxUnpool", ["s", "positions"], "u", Integers("kernel_shape", two), Integers("strides", two)));
        model.Graph.Node.Add(Node("Flatten", ["u"], "f"));
        model.Graph.Node.Add(Node("MatMul", ["f", "v"], "y"));
        model.Graph.Initializer.Add(Floats("v", [16, 2], [.. Enumerable.Range(0, 32).Select(i => (float)i)]));
        using var network = Load(model);
        Assert.Contains("values", network.Layers.Select(layer => layer.Name));
        using var split = network.Split("values");
        using var generator = new torch.Generator(1, CPU);
        var images = randn([2, 1, 4, 4], generator: generator);
        using var activation = split.Head([images]);
        ExportedNetworkTests.AssertClose(network.Forward([images]), split.Tail(activation.Features, activation));

        // Copies are unpooled to the places of their own row.
        using var row = activation.Slice(1, 1);
        var copies = row.Features.repeat_interleave(3, 0).requires_grad_();
        var outputs = split.Tail(copies, row);
        ExportedNetworkTests.AssertClose(network.Forward([images.narrow(0, 1, 1)]).expand(3, 2), outputs);
        outputs.sum().backward();
        Assert.True(copies.grad!.ne(0).all().item<bool>());
    }

    [Fact]
    public void Layers_know_whether_they_come_after_a_relu()
    {
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Node.Add(Node("Relu", ["a"], "b"));
        model.Graph.Node.Add(Node("Dropout", ["b"], "c"));
        model.Graph.Node.Add(Node("MatMul", ["c", "w"], "y"));
        using var network = Load(model);
        var layers = network.Layers;
        Assert.Equal(["x", "a", "b", "y"], layers.Select(layer => layer.Name));
        Assert.Equal([false, false, true, false], layers.Select(layer => layer.AfterRelu));
        Assert.Equal([0, 0.5, 0.5, 1], layers.Select(layer => layer.CostShare));
        using var split = network.Split("c");
        Assert.Equal("c", split.Layer.Name);
        Assert.True(split.Layer.AfterRelu);
    }

    [Fact]
    public void Layers_are_described_for_the_shapes_that_are_asked_for()
    {
        using var network = Load(Classifier());
        foreach (long rows in new long[] { 1, 3, 1 })
        {
            Assert.All(network.DescribeLayers([rows, 2]), layer => Assert.Equal([rows, 2], layer.Shape));
        }
    }

    [Fact]
    public void A_wrong_input_is_told_with_the_shape_that_is_taken()
    {
        using var scope = NewDisposeScope();
        using var network = Load(Classifier());
        Assert.Contains("'x' takes shape [-1, 2]", Assert.Throws<ArgumentException>(() => network.Forward([ones(1, 3)])).Message, StringComparison.Ordinal);
        Assert.Contains("1 inputs ('x'), but 2", Assert.Throws<ArgumentException>(() => network.Forward([ones(1, 2), ones(1, 2)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.Forward([ones(2)]));
    }

    [Fact]
    public void An_initializer_that_is_also_an_input_is_a_weight()
    {
        var model = Classifier();
        model.Graph.Input.Insert(0, new ValueInfoProto { Name = "w", Type = model.Graph.Input[0].Type });
        using var network = Load(model);
        Assert.Equal(["x"], network.Inputs.Select(input => input.Name));
    }

    [Fact]
    public void Nodes_that_the_output_does_not_need_may_be_unsupported()
    {
        var model = Classifier();
        model.Graph.Node.Add(Node("Frobnicate", ["x"], "unused"));
        using var network = Load(model);
        Assert.Single(network.Graph.Nodes);
    }

    [Fact]
    public void Inputs_are_brought_to_the_declared_type()
    {
        using var scope = NewDisposeScope();
        using var network = Load(Classifier());
        Assert.Equal([4f, 6f], network.Forward([ones(1, 2, dtype: int64)]).data<float>().ToArray());
    }

    [Fact]
    public void Batch_normalisation_goes_into_the_convolution_but_not_across_a_cut()
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get("var_nofold_resnet18_legacy_op13");
        using var network = test.Load();
        var convolution = network.Graph.Nodes.First(node => node.Operator == "Conv");
        string[] output = [network.OutputTensor];
        var folded = BatchNormalizationFolding.Run(network.Graph, network.Graph.Nodes, output);
        Assert.DoesNotContain(folded, node => node.Operator == "BatchNormalization");
        Assert.Contains(BatchNormalizationFolding.Run(network.Graph, network.Graph.Nodes, [.. output, convolution.Outputs[0]]), node => node.Operator == "BatchNormalization");

        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        using var split = network.Split(convolution.Outputs[0]);
        using var activation = split.Head(inputs);
        ExportedNetworkTests.AssertClose(network.Forward(inputs), split.Tail(activation.Features, activation));
    }

    [Fact]
    public void Nothing_outlives_a_network_and_its_cut()
    {
        var test = ExportedNetwork.Get("hf_bert_eager_legacy_op14");
        Use();
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Use();
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        void Use()
        {
            using var scope = NewDisposeScope();
            using var network = test.Load();
            var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
            network.Forward(inputs);
            using var split = network.Split(test.Cut!.Tensor);
            using var activation = split.Head(inputs);
            using var part = activation.Slice(0, 1);
            for (int step = 0; step < 3; step++)
            {
                var features = part.Features.repeat_interleave(2, 0).requires_grad_();
                split.Tail(features, part).sum().backward();
                features.grad!.Dispose();
            }
        }
    }

    [Theory]
    [InlineData("tv_swin_tiny_legacy_op17")]
    [InlineData("hf_electra_sdpa_dynamo_op20")]
    [InlineData("timm_skresnet_narrow_legacy_op13")]
    [InlineData("hb_lstm_gru_rows_op13")]
    public void Gradients_in_float64_equal_central_differences(string name)
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get(name);
        using var network = test.Load(new OnnxNetworkOptions { Precision = ScalarType.Float64, RemoveSoftmax = false });
        using var split = network.Split(test.Cut!.Tensor);
        using var activation = split.Head(test.Inputs.Select(input => input.ToTensor()).ToArray());
        using var generator = new torch.Generator(1, CPU);
        var direction = randn(activation.Features.shape, dtype: float64, generator: generator);
        var features = activation.Features.clone().requires_grad_();
        Assert.Equal(ScalarType.Float64, features.dtype);
        split.Tail(features, activation).square().sum().backward();
        double derivative = (features.grad! * direction).sum().item<double>();
        const double step = 1e-6;
        double up = split.Tail(activation.Features + (step * direction), activation).square().sum().item<double>();
        double down = split.Tail(activation.Features - (step * direction), activation).square().sum().item<double>();
        Assert.Equal((up - down) / (2 * step), derivative, 1e-6 * features.grad!.norm().item<double>() * direction.norm().item<double>());
    }

    [Fact]
    public void The_memory_of_the_tails_results_is_the_sum_of_their_sizes()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Node.Add(Node("Relu", ["a"], "b"));
        model.Graph.Node.Add(Node("Concat", ["b", "b", "b"], "c", new AttributeProto { Name = "axis", I = 1, Type = AttributeProto.Types.AttributeType.Int }));
        model.Graph.Node.Add(Node("MatMul", ["c", "v"], "y"));
        model.Graph.Initializer.Add(Floats("v", [6, 2], [.. Enumerable.Range(0, 12).Select(i => (float)i)]));
        using var network = Load(model);
        using var split = network.Split("a");
        using var activation = split.Head([ones(7, 2)]);
        Assert.Equal(sizeof(float) * (2 + 6 + 2), split.ResultBytes(activation));

        using var batched = ExportedNetwork.Get("var_fixed1_vit_tiny_legacy_op17").Load();
        Assert.Equal(1, batched.FixedBatch?.Rows);
        using var cut = batched.Split(batched.Layers[^1].Name);
        using var one = cut.Head([ones([1, .. batched.Inputs[0].Shape.Skip(1)])]);
        using var three = cut.Head([ones([3, .. batched.Inputs[0].Shape.Skip(1)])]);
        Assert.Equal(cut.ResultBytes(one), cut.ResultBytes(three));
    }

    private static TensorShapeProto.Types.Dimension Size(long size) => new() { DimValue = size };

    private static OnnxNetwork Load(ModelProto model) => OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
}

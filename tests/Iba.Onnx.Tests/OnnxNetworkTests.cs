using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class OnnxNetworkTests
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
    [InlineData(OutputKind.Logits, "MatMul")]
    [InlineData(OutputKind.Logits, "MatMul", "Add")]
    [InlineData(OutputKind.Probabilities, "MatMul", "Sigmoid")]
    [InlineData(OutputKind.Probabilities, "MatMul", "Add", "Sigmoid", "Identity")]
    [InlineData(OutputKind.Auto, "MatMul", "Sigmoid", "Sqrt")]
    public void The_last_node_tells_what_a_single_output_is(OutputKind expected, params string[] operations)
    {
        Assert.Equal(expected, Kind(columns: 1));
        Assert.Equal(OutputKind.Auto, Kind(columns: 2));

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
        using var saved = new MemoryStream();
        network.Save(saved);
        saved.Position = 0;
        using var again = OnnxNetwork.Load(saved);
        Assert.Equal([4f, 6f], again.Forward([ones(1, 2)]).data<float>().ToArray());
    }

    [Fact]
    public void Classes_are_preferred_to_a_feature_map()
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
        var type = model.Graph.Output[0].Type.Clone();
        type.TensorType.Shape.Dim.Add([Size(1), Size(1)]);
        model.Graph.Output.Insert(0, new ValueInfoProto { Name = "map", Type = type });
        model.Graph.Initializer.Add(Longs("axes", [2, 3]));
        model.Graph.Node.Add(Node("Unsqueeze", ["x", "axes"], "map"));
        using var network = Load(model);
        Assert.Equal([4f, 6f], network.Forward([ones(1, 2)]).data<float>().ToArray());

        // Saved with the map as the output, it is chosen again.
        using var mapped = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()), new OnnxNetworkOptions { OutputName = "map" });
        using var saved = new MemoryStream();
        mapped.Save(saved);
        saved.Position = 0;
        using var again = OnnxNetwork.Load(saved);
        Assert.Equal([1f, 1f], again.Forward([ones(1, 2)]).data<float>().ToArray());
    }

    [Fact]
    public void Saving_keeps_the_results_and_the_chosen_output()
    {
        using var scope = NewDisposeScope();
        var test = ExportedNetwork.Get("hb_two_outputs_op13");
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        using var network = test.Load(new OnnxNetworkOptions { OutputName = "flatten_9", Precision = ScalarType.Float64 });
        using var saved = new MemoryStream();
        network.Save(saved);
        saved.Position = 0;
        using var again = OnnxNetwork.Load(saved);
        Assert.Equal(8, again.Forward(inputs).shape[1]);
        ExportedNetworkTests.AssertClose(network.Forward(inputs), again.Forward(inputs).to(float64), 1e-5);
    }

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
        }
    }

    [Theory]
    [InlineData("N")]
    [InlineData(null)]
    public void The_values_of_a_pool_whose_positions_are_read_later_are_a_layer(string? batch)
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
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
    [InlineData("DynamicQuantizeLinear")]
    [InlineData("MeanVarianceNormalization")]
    public void Rows_and_copies_do_not_change_each_others_results(string operation)
    {
        using var scope = NewDisposeScope();
        var model = Classifier();
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

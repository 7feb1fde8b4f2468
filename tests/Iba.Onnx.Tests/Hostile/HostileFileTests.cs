using Google.Protobuf;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public sealed class HostileFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iba-onnx").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_truncation_is_refused_or_harmless()
    {
        byte[] model = Classifier().ToByteArray();
        for (int length = 0; length < model.Length; length++)
        {
            try
            {
                using var network = OnnxNetwork.Load(new MemoryStream(model, 0, length));
                Assert.NotEmpty(network.Inputs);
            }
            catch (OnnxFormatException exception)
            {
                Assert.NotEmpty(exception.Message);
            }
        }
    }

    [Fact]
    public void A_cycle_is_named()
    {
        var model = Classifier();
        model.Graph.Node.Add(Node("Add", ["y", "z"], "x1"));
        model.Graph.Node.Add(Node("Relu", ["x1"], "z"));
        Refuses(model, "cycle");
    }

    [Fact]
    public void A_missing_input_is_named()
    {
        var model = Classifier();
        model.Graph.Node[0].Input[1] = "nowhere";
        Refuses(model, "nowhere");
    }

    [Fact]
    public void An_input_without_a_batch_is_refused()
    {
        var model = Classifier();
        model.Graph.Input[0].Type = model.Graph.Input[0].Type.Clone();
        model.Graph.Input[0].Type.TensorType.Shape.Dim.Clear();
        Refuses(model, "no batch dimension");
    }

    [Fact]
    public void Two_writers_of_one_name_are_refused()
    {
        var model = Classifier();
        model.Graph.Node.Add(Node("Relu", ["x"], "y"));
        Refuses(model, "'y'");
    }

    [Theory]
    [InlineData(nameof(DataType.Float), 15)]
    [InlineData(nameof(DataType.Float), 17)]
    [InlineData(nameof(DataType.Int64), 16)]
    [InlineData(nameof(DataType.Bfloat16), 9)]
    [InlineData(nameof(DataType.Int4), 3)]
    public void Data_that_do_not_fill_the_shape_are_refused(string type, int bytes)
    {
        var model = Classifier();
        model.Graph.Initializer.Add(new TensorProto { Name = "w2", DataType = (int)Enum.Parse<DataType>(type), Dims = { 2, 2 }, RawData = ByteString.CopyFrom(new byte[bytes]) });
        Refuses(model, "w2");
    }

    [Theory]
    [InlineData(-1L, 4L)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(1L << 31, 0L)]
    [InlineData(1L << 20, 1L << 20)]
    public void Absurd_shapes_are_refused(long rows, long columns)
    {
        var model = Classifier();
        model.Graph.Initializer[0].Dims.Clear();
        model.Graph.Initializer[0].Dims.AddRange([rows, columns]);
        Refuses(model, "'w'");
    }

    [Theory]
    [InlineData("ConstantOfShape", new[] { 1L << 40 })]
    [InlineData("ConstantOfShape", new[] { 1L << 20, 1L << 20, 1L << 20 })]
    [InlineData("ConstantOfShape", new[] { -5L })]
    public void Claims_of_memory_are_refused(string operation, long[] shape)
    {
        var model = Classifier();
        model.Graph.Initializer.Add(Longs("shape", shape));
        model.Graph.Node.Add(Node(operation, ["shape"], "big"));
        model.Graph.Node.Add(Node("ReduceSum", ["big"], "sum"));
        model.Graph.Node[0].Output[0] = "y0";
        model.Graph.Node.Add(Node("Add", ["y0", "sum"], "y"));
        Refuses(model, operation);
    }

    [Fact]
    public void An_endless_range_is_refused()
    {
        var model = Classifier();
        model.Graph.Initializer.Add(Longs("start", [0], scalar: true));
        model.Graph.Initializer.Add(Longs("limit", [long.MaxValue], scalar: true));
        model.Graph.Initializer.Add(Longs("step", [1], scalar: true));
        model.Graph.Node.Add(Node("Range", ["start", "limit", "step"], "range"));
        model.Graph.Node.Add(Node("Cast", ["range"], "floats", new AttributeProto { Name = "to", I = 1 }));
        model.Graph.Node.Add(Node("ReduceSum", ["floats"], "sum"));
        model.Graph.Node[0].Output[0] = "y0";
        model.Graph.Node.Add(Node("Add", ["y0", "sum"], "y"));
        Refuses(model, "Range");
    }

    [Fact]
    public void All_unsupported_operators_are_listed_with_counts_and_examples()
    {
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "a";
        model.Graph.Node.Add(Node("Frobnicate", ["a"], "b"));
        model.Graph.Node.Add(Node("Frobnicate", ["b"], "c"));
        var other = Node("Whiten", ["c"], "y");
        other.Domain = "org.example";
        model.Graph.Node.Add(other);
        Refuses(model, "Frobnicate (2 nodes, for example 'b' (Frobnicate)); org.example.Whiten (1 node");
    }

    [Theory]
    [InlineData(99)]
    [InlineData(0)]
    [InlineData(-3)]
    public void An_unknown_opset_is_named(long version)
    {
        var model = Classifier();
        model.OpsetImport[0].Version = version;
        Refuses(model, $"version {version}");
    }

    [Fact]
    public void A_file_that_does_not_say_which_operators_it_imports_is_refused()
    {
        var model = Classifier();
        model.OpsetImport.Clear();
        Refuses(model, "opset_import");
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        Refuses(model, "opset_import");

        // Before version 3 of the format there was one set.
        model.IrVersion = 2;
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        using var scope = NewDisposeScope();
        Assert.Equal([4f, 6f], network.Forward([ones(1, 2)]).data<float>().ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(-1)]
    public void An_unknown_version_of_the_format_is_named(long version)
    {
        var model = Classifier();
        model.IrVersion = version;
        Refuses(model, $"version {version} of the ONNX format");
    }

    [Theory]
    [InlineData("then_branch", "has no else_branch")]
    [InlineData("else_branch", "has no then_branch")]
    public void An_If_without_one_of_its_branches_is_refused(string given, string problem)
    {
        var model = Classifier();
        model.Graph.Initializer.Add(new TensorProto { Name = "condition", DataType = (int)DataType.Bool, Int32Data = { given == "then_branch" ? 1 : 0 } });
        var body = new GraphProto { Node = { Node("MatMul", ["x", "w"], "z") }, Output = { new ValueInfoProto { Name = "z" } } };
        model.Graph.Node[0] = Node("If", ["condition"], "y", new AttributeProto { Name = given, G = body, Type = AttributeProto.Types.AttributeType.Graph });
        Refuses(model, problem);
    }

    [Theory]
    [InlineData("Tile")]
    [InlineData("Concat")]
    [InlineData("Relu and Concat")]
    [InlineData("Tile of constants")]
    [InlineData("side by side")]
    public void Sizes_that_multiply_along_a_graph_are_refused_before_the_memory_is_taken(string kind)
    {
        var model = PictureModel.Make().Giving(PictureModel.Floats("y", "N", 3));
        model.Graph.Node.Clear();
        model.Graph.Initializer.Add(Longs("repeats", [1, 1, 4, 4]));
        model.Graph.Initializer.Add(Floats("small", [1, 3, 8, 8], new float[192]));
        string last = kind == "Tile of constants" ? "small" : "x";
        for (int i = 0; i < 8; i++)
        {
            string next = $"t{i}";
            if (kind.StartsWith("Tile", StringComparison.Ordinal)) model.Graph.Node.Add(Node("Tile", [last, "repeats"], next));
            else if (kind == "Concat") model.Graph.Node.Add(Node("Concat", [.. Enumerable.Repeat(last, 10)], next, Integer("axis", 2)));
            else if (kind == "Relu and Concat")
            {
                for (int k = 0; k < 10; k++) model.Graph.Node.Add(Node("Relu", [last], $"{next}_{k}"));
                model.Graph.Node.Add(Node("Concat", [.. Enumerable.Range(0, 10).Select(k => $"{next}_{k}")], next, Integer("axis", 2)));
            }

            last = kind == "side by side" ? last : next;
        }

        if (kind == "side by side")
        {
            // Each is within its own limit; all are alive until they are added.
            model.Graph.Initializer.Add(Longs("shape", [1, 3, 4096, 4096]));
            model.Graph.Initializer.Add(Longs("axes", [2, 3]));
            for (int i = 0; i < 8; i++) model.Graph.Node.Add(Node("ReduceMax", ["x"], $"m{i}", Integers("axes", 2, 3)));
            for (int i = 0; i < 8; i++) model.Graph.Node.Add(Node("Expand", [$"m{i}", "shape"], $"e{i}"));
            for (int i = 0; i < 8; i++) model.Graph.Node.Add(Node("Relu", [$"e{i}"], $"t{i}"));
            model.Graph.Node.Add(Node("Sum", [.. Enumerable.Range(0, 8).Select(i => $"t{i}")], "sum"));
            last = "sum";
        }

        if (kind == "Tile of constants")
        {
            model.Graph.Node.Add(Node("ReduceSum", [last], "sum"));
            model.Graph.Node.Add(Node("Add", ["x", "sum"], "shifted"));
            last = "shifted";
        }

        model.Graph.Node.Add(Node("GlobalAveragePool", [last], "pool"));
        model.Graph.Node.Add(Node("Flatten", ["pool"], "y"));
        foreach (var run in (Action<OnnxNetwork>[])[network => network.Forward([ones(2, 3, 8, 8)]), network => network.DescribeLayers([1, 3, 8, 8])])
        {
            var error = Assert.Throws<OnnxFormatException>(() =>
            {
                using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
                using var scope = NewDisposeScope();
                run(network);
            });
            Assert.Contains("more than 268435456 elements", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("a batch of 1 only", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Functions_that_call_themselves_are_refused()
    {
        var model = Classifier();
        var function = new FunctionProto { Name = "Again", Domain = "local", Input = { "a" }, Output = { "b" }, OpsetImport = { model.OpsetImport } };
        function.Node.Add(new NodeProto { OpType = "Again", Domain = "local", Input = { "a" }, Output = { "b" } });
        model.Functions.Add(function);
        model.Graph.Node[0] = new NodeProto { OpType = "Again", Domain = "local", Input = { "x" }, Output = { "y" } };
        Refuses(model, "Again");
    }

    [Fact]
    public void Functions_that_double_at_each_call_are_refused()
    {
        var model = Classifier();
        for (int i = 0; i < 40; i++)
        {
            var function = new FunctionProto { Name = $"f{i}", Domain = "local", Input = { "a" }, Output = { "b" }, OpsetImport = { model.OpsetImport } };
            string callee = $"f{i + 1}";
            function.Node.Add(new NodeProto { OpType = callee, Domain = "local", Input = { "a" }, Output = { "m" } });
            function.Node.Add(new NodeProto { OpType = callee, Domain = "local", Input = { "m" }, Output = { "b" } });
            model.Functions.Add(function);
        }

        model.Graph.Node[0] = new NodeProto { OpType = "f0", Domain = "local", Input = { "x" }, Output = { "y" } };
        Refuses(model, "nodes");
    }

    [Fact]
    public void Deeply_nested_graphs_are_refused()
    {
        var inner = Node("Relu", ["x"], "y");
        for (int i = 0; i < 200; i++)
        {
            var body = new GraphProto { Node = { inner }, Output = { new ValueInfoProto { Name = "y" } } };
            inner = Node("If", ["condition"], "y", new AttributeProto { Name = "then_branch", G = body });
        }

        var model = Classifier();
        model.Graph.Node[0] = inner;
        Refuses(model, "damaged");
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("sub/../../secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\secret.bin")]
    [InlineData("")]
    [InlineData("missing.bin")]
    [InlineData("link.bin")]
    [InlineData("linked/secret.bin")]
    public void External_data_outside_the_folder_are_not_read(string location)
    {
        string outside = Directory.CreateDirectory(Path.Combine(_folder, "outside")).FullName, inside = Directory.CreateDirectory(Path.Combine(_folder, "inside")).FullName;
        File.WriteAllBytes(Path.Combine(outside, "secret.bin"), new byte[16]);
        File.WriteAllBytes(Path.Combine(_folder, "secret.bin"), new byte[16]);
        File.CreateSymbolicLink(Path.Combine(inside, "link.bin"), Path.Combine(outside, "secret.bin"));
        Directory.CreateSymbolicLink(Path.Combine(inside, "linked"), outside);
        string path = Path.Combine(inside, "network.onnx");
        File.WriteAllBytes(path, External(location).ToByteArray());
        var error = Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(path));
        Assert.Contains("'w'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8", "16")]
    [InlineData("-1", "16")]
    [InlineData("0", "99999999999999")]
    [InlineData("0", "12")]
    [InlineData("0", "0")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    public void External_data_beyond_the_file_are_refused(string offset, string length)
    {
        File.WriteAllBytes(Path.Combine(_folder, "weights.bin"), new byte[16]);
        string path = Path.Combine(_folder, "network.onnx");
        File.WriteAllBytes(path, External("weights.bin", offset, length).ToByteArray());
        Assert.Contains("'w'", Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void External_data_in_the_folder_are_read_and_saved_inside()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        float[] weights = [1, 2, 3, 4];
        File.WriteAllBytes(Path.Combine(_folder, "data", "weights.bin"), [0, 0, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(weights)]);
        string path = Path.Combine(_folder, "network.onnx");
        File.WriteAllBytes(path, External("data/weights.bin", "2", "16").ToByteArray());
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(path);
        var saved = new MemoryStream();
        network.Save(saved);
        saved.Position = 0;
        using var again = OnnxNetwork.Load(saved);
        Assert.Equal([4f, 6f], again.Forward([ones(1, 2)]).data<float>().ToArray());
        Assert.Contains("another file", Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(new MemoryStream(External("data/weights.bin", "2", "16").ToByteArray()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_type_is_named()
    {
        var model = Classifier();
        model.Graph.Node[0].Output[0] = "y0";
        model.Graph.Node.Add(Node("Gather", ["y0", "w"], "y"));
        Refuses(model, "Gather");
    }

    [Fact]
    public void Weights_whose_shapes_do_not_go_together_are_named()
    {
        var model = Classifier();
        model.Graph.Initializer[0].Dims.Clear();
        model.Graph.Initializer[0].Dims.AddRange([4, 1]);
        using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
        using var scope = NewDisposeScope();
        Assert.Contains("MatMul", Assert.Throws<OnnxFormatException>(() => network.Forward([ones(1, 2)])).Message, StringComparison.Ordinal);
    }

    private static void Refuses(ModelProto model, string part)
    {
        var error = Assert.Throws<OnnxFormatException>(() =>
        {
            using var network = OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
            using var scope = NewDisposeScope();
            network.Forward([ones(1, 2)]);
        });
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static ModelProto External(string location, string offset = "0", string length = "16")
    {
        var model = Classifier();
        model.Graph.Initializer[0] = new TensorProto
        {
            Name = "w",
            DataType = (int)DataType.Float,
            Dims = { 2, 2 },
            DataLocation = DataLocation.External,
            ExternalData =
            {
                new StringStringEntryProto { Key = "location", Value = location },
                new StringStringEntryProto { Key = "offset", Value = offset },
                new StringStringEntryProto { Key = "length", Value = length },
            },
        };
        return model;
    }
}

using System.IO.Compression;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class ModelFileTests
{
    // More than a stream of unknown length is trusted with at once.
    private const int Width = 600;

    public static TheoryData<string> Names => [.. ExportedNetwork.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_saved_file_has_the_weights_of_the_original_byte_for_byte(string name)
    {
        var test = ExportedNetwork.Get(name);
        using var network = test.Load();
        using var split = network.Split(test.Cut?.Tensor ?? network.Inputs[0].Name);
        AssertSameTensors(ModelProto.Parser.ParseFrom(test.Model), Save(network));
    }

    [Theory]
    [InlineData("raw data")]
    [InlineData("floats")]
    [InlineData("Constant nodes")]
    [InlineData("data before shapes")]
    public void Weights_are_read_and_saved_however_they_are_written(string way)
    {
        var original = Wide();
        byte[] file = way switch
        {
            "floats" => Floats(original).ToByteArray(),
            "Constant nodes" => ConstantNodes(original).ToByteArray(),
            "data before shapes" => DataFirst(original),
            _ => original.ToByteArray(),
        };

        using var scope = NewDisposeScope();
        var unit = eye(Width);
        float[] w = MemoryMarshal.Cast<byte, float>(original.Graph.Initializer[0].RawData.Span).ToArray();
        using var seekable = new MemoryStream(file);
        using var unknownLength = new DeflateStream(new MemoryStream(Deflated(file)), CompressionMode.Decompress);
        foreach (var stream in new Stream[] { seekable, unknownLength })
        {
            using var network = OnnxNetwork.Load(stream);
            Assert.Equal(w, network.Forward([unit]).data<float>().ToArray());
            Assert.Single(network.Graph.Nodes);
            AssertSameTensors(ModelProto.Parser.ParseFrom(file), Save(network));
        }
    }

    [Fact]
    public void A_Constant_node_with_two_values_is_refused()
    {
        var model = ConstantNodes(Wide());
        model.Graph.Node[0].Attribute.Add(model.Graph.Node[0].Attribute[0].Clone());
        var error = Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(new MemoryStream(model.ToByteArray())));
        Assert.Contains("'w' does not have one value", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_of_unknown_length_that_ends_within_a_weight_is_refused()
    {
        byte[] file = Wide().ToByteArray();
        using var stream = new DeflateStream(new MemoryStream(Deflated(file[..^50])), CompressionMode.Decompress);
        Assert.Contains("ends too early", Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(stream)).Message, StringComparison.Ordinal);
    }

    private static ModelProto Save(OnnxNetwork network)
    {
        using var saved = new MemoryStream();
        network.Save(saved);
        return ModelProto.Parser.ParseFrom(saved.ToArray());
    }

    private static void AssertSameTensors(ModelProto expected, ModelProto found)
    {
        Assert.Equal(Tensors(expected).Keys, Tensors(found).Keys);
        foreach (var (expectedTensor, foundTensor) in Tensors(expected).Values.Zip(Tensors(found).Values))
        {
            Assert.Equal(expectedTensor.DataType, foundTensor.DataType);
            Assert.Equal(expectedTensor.Dims, foundTensor.Dims);
            using var scope = NewDisposeScope();
            Assert.True(TensorReader.Read(expectedTensor, "tensor").bytes.SequenceEqual(TensorReader.Read(foundTensor, "tensor").bytes));
        }

        static Dictionary<string, TensorProto> Tensors(ModelProto model) => model.Graph.Initializer
            .Concat(model.Graph.Node.SelectMany(node => node.Attribute.Where(attribute => attribute.T != null)
                .Select(attribute => new TensorProto(attribute.T) { Name = $"{node.Output[0]} {attribute.Name}" })))
            .ToDictionary(tensor => tensor.Name);
    }

    /// <summary>y = x w with w [600, 600].</summary>
    private static ModelProto Wide()
    {
        float[] values = [.. Enumerable.Range(0, Width * Width).Select(i => MathF.Cos(i))];
        var model = Classifier();
        model.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = Width;
        model.Graph.Initializer[0] = new TensorProto
        {
            Name = "w",
            DataType = (int)DataType.Float,
            Dims = { Width, Width },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        };
        return model;
    }

    private static ModelProto Floats(ModelProto model)
    {
        var floats = model.Clone();
        var w = floats.Graph.Initializer[0];
        w.FloatData.AddRange(MemoryMarshal.Cast<byte, float>(w.RawData.Span).ToArray());
        w.RawData = ByteString.Empty;
        return floats;
    }

    private static ModelProto ConstantNodes(ModelProto model)
    {
        var nodes = model.Clone();
        nodes.Graph.Initializer.Clear();
        var value = new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = new TensorProto(model.Graph.Initializer[0]) { Name = "" } };
        nodes.Graph.Node.Insert(0, Node("Constant", [], "w", value));
        nodes.Graph.Node[0].Name = "w";
        return nodes;
    }

    /// <summary>A message's fields may come in any order: raw data before type, shape and name.</summary>
    private static byte[] DataFirst(ModelProto model)
    {
        var w = model.Graph.Initializer[0];
        var rest = model.Clone();
        rest.Graph.Initializer.Clear();
        byte[] initializer = [.. new TensorProto { RawData = w.RawData }.ToByteArray(), .. new TensorProto(w) { RawData = ByteString.Empty }.ToByteArray()];
        byte[] graph = [.. rest.Graph.ToByteArray(), .. Field(GraphProto.InitializerFieldNumber, initializer)];
        rest.Graph = null;
        return [.. rest.ToByteArray(), .. Field(ModelProto.GraphFieldNumber, graph)];
    }

    private static byte[] Field(int number, byte[] content)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(content));
        }

        return stream.ToArray();
    }

    private static byte[] Deflated(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var deflate = new DeflateStream(memory, CompressionLevel.Fastest)) deflate.Write(bytes);
        return memory.ToArray();
    }
}

using Google.Protobuf;
using Iba.Onnx;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.AttributeProto.Types;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Benchmarks;

/// <summary>A small convolutional classifier of images 32x32, such as one trains on CIFAR-10, with random weights; and images for it.</summary>
internal static class SmallNetwork
{
    public const int Size = 32;

    /// <summary>The second convolution's output after its rectifier, <c>[32, 16, 16]</c>.</summary>
    public const string Layer = "relu2";

    public static OnnxNetwork Create()
    {
        var graph = new GraphProto { Name = "small", Input = { Declare("images", 3, Size, Size) }, Output = { Declare("logits", 10) } };
        Add("Conv", "conv1", "images", Weight(16, 3, 3, 3)).Attribute.Add(Ints("pads", 1, 1, 1, 1));
        Add("Relu", "relu1", "conv1");
        Add("MaxPool", "pool1", "relu1").Attribute.Add([Ints("kernel_shape", 2, 2), Ints("strides", 2, 2)]);
        Add("Conv", "conv2", "pool1", Weight(32, 16, 3, 3)).Attribute.Add(Ints("pads", 1, 1, 1, 1));
        Add("Relu", "relu2", "conv2");
        Add("MaxPool", "pool2", "relu2").Attribute.Add([Ints("kernel_shape", 2, 2), Ints("strides", 2, 2)]);
        Add("Conv", "conv3", "pool2", Weight(64, 32, 3, 3)).Attribute.Add(Ints("pads", 1, 1, 1, 1));
        Add("Relu", "relu3", "conv3");
        Add("GlobalAveragePool", "pool3", "relu3");
        Add("Flatten", "flat", "pool3");
        Add("Gemm", "logits", "flat", Weight(64, 10));
        using var file = new MemoryStream(new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 17 } }, Graph = graph }.ToByteArray());
        return OnnxNetwork.Load(file);

        NodeProto Add(string type, string output, params string[] inputs)
        {
            var node = new NodeProto { OpType = type, Name = output, Input = { inputs }, Output = { output } };
            graph.Node.Add(node);
            return node;
        }

        string Weight(params long[] shape)
        {
            string name = $"weight{graph.Initializer.Count}";
            int count = (int)shape.Aggregate((product, size) => product * size);
            graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)DataType.Float, Dims = { shape }, FloatData = { Numbers(graph.Initializer.Count, count).Select(x => x / 5) } });
            return name;
        }
    }

    /// <summary>A made-up image, <c>[3, 32, 32]</c>, always the same for an index.</summary>
    public static float[] Image(int index) => Numbers(index, 3 * Size * Size).ToArray();

    /// <summary>Numbers from -1 to 1.</summary>
    private static IEnumerable<float> Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1);
    }

    private static AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

    private static ValueInfoProto Declare(string name, params long[] row)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        shape.Dim.Add(row.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = shape } } };
    }
}

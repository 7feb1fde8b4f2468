using Google.Protobuf;
using Iba.Onnx;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.MLNet.Tests;

/// <summary>
/// Writes the same small classifier of pictures of 16 x 16 pixels for inputs of several types and layouts, with its preprocessing inside:
/// cast, divided by 255, less a half, and turned to channels first. Layers: "pixels" (after it), "r" (8 channels after a ReLU).
/// </summary>
internal static class PixelModel
{
    public const int Side = 16;

    /// <param name="type">Of the input x.</param>
    /// <param name="shape">Of the input, without the batch: [3, 16, 16], [16, 16, 3], [1, 16, 16], [16, 16, 1] or [16, 16].</param>
    /// <param name="metadata">What the file says of its pixels.</param>
    public static OnnxNetwork Load(DataType type, int[] shape, params (string Key, string Value)[] metadata)
    {
        bool grey = shape.Length == 2 || shape.Contains(1);
        var graph = new GraphProto
        {
            Input = { Tensor("x", type, ["N", .. shape.Select(size => $"{size}")]) },
            Output = { Tensor("logits", DataType.Float, ["N", "4"]) },
            Initializer =
            {
                Floats("scale", [], [255]), Floats("half", [], [0.5f]), new TensorProto { Name = "one", DataType = (int)DataType.Int64, Dims = { 1 }, Int64Data = { 1 } },
                Random("w", [8, grey ? 1 : 3, 3, 3], 1), Random("v", [8, 4], 2, 3), Random("b", [4], 3),
            },
            Node = { Node("Cast", ["x"], "cast", Number("to", (int)DataType.Float)), Node("Div", ["cast", "scale"], "unit"), Node("Sub", ["unit", "half"], "shifted") },
        };
        graph.Node.Add(
            shape.Length == 2 ? Node("Unsqueeze", ["shifted", "one"], "pixels")
            : Node("Transpose", ["shifted"], "pixels", Numbers("perm", shape[2] is 1 or 3 ? [0, 3, 1, 2] : [0, 1, 2, 3])));
        graph.Node.Add([
            Node("Conv", ["pixels", "w"], "c", Numbers("pads", [1, 1, 1, 1])), Node("Relu", ["c"], "r"), Node("GlobalAveragePool", ["r"], "g"),
            Node("Flatten", ["g"], "f"), Node("Gemm", ["f", "v", "b"], "logits"),
        ]);
        var model = new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = graph };
        foreach (var (key, value) in metadata) model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
    }

    private static NodeProto Node(string operation, string[] inputs, string output, params AttributeProto[] attributes)
        => new() { OpType = operation, Input = { inputs }, Output = { output }, Attribute = { attributes } };

    private static AttributeProto Number(string name, long value) => new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    private static AttributeProto Numbers(string name, long[] values) => new() { Name = name, Ints = { values }, Type = AttributeProto.Types.AttributeType.Ints };

    private static TensorProto Floats(string name, long[] shape, float[] values) => new() { Name = name, DataType = (int)DataType.Float, Dims = { shape }, FloatData = { values } };

    private static TensorProto Random(string name, long[] shape, int seed, double scale = 1)
    {
        var random = new Random(seed);
        return Floats(name, shape, Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(_ => (float)(scale * (random.NextDouble() - 0.5))).ToArray());
    }

    private static ValueInfoProto Tensor(string name, DataType type, string[] sizes)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(sizes.Select(size => long.TryParse(size, out long number) ? new TensorShapeProto.Types.Dimension { DimValue = number } : new TensorShapeProto.Types.Dimension { DimParam = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}

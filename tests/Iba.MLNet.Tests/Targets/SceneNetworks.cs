using Google.Protobuf;
using Iba.Onnx;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.AttributeProto.Types;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.MLNet.Tests;

/// <summary>
/// Networks over scenes whose answer is known, as ONNX files with outputs of the shapes that exporters write. All begin with a convolution that finds red, blue
/// and bright places ("features"), and look at the mean over a window of them.
/// </summary>
internal static class SceneNetworks
{
    /// <summary>Cells of a detector along a side: windows of 8 x 8, 2 apart.</summary>
    private const int Cells = 13;

    private const int Boxes = Cells * Cells;

    /// <summary><c>[N, 4 + 2, 169]</c>, as YOLOv8 is exported; class 0 is red.</summary>
    public static OnnxNetwork Yolo8() => Load(
        [.. Detector(), Node("Sigmoid", ["logits"], "classes"), Flat("classes", 2), Node("Concat", ["places", "classes-flat"], "output0", Integer("axis", 1))],
        [("output0", [6, Boxes])], ["output0"]);

    /// <summary><c>[N, 169, 5 + 2]</c>, as YOLOv5 is exported; an object is taken for certain.</summary>
    public static OnnxNetwork Yolo5() => Load(
        [
            .. Detector(), Node("Sigmoid", ["logits"], "classes"), Flat("classes", 2),
            Node("Conv", ["pooled", "nothing-w", "sure-b"], "object-logits"), Node("Sigmoid", ["object-logits"], "object"), Flat("object", 1),
            Node("Concat", ["places", "object-flat", "classes-flat"], "rows", Integer("axis", 1)), Node("Transpose", ["rows"], "output", Integers("perm", 0, 2, 1)),
        ],
        [("output", [Boxes, 7])], ["output"]);

    /// <summary>Two outputs, <c>[N, 169, 4]</c> and <c>[N, 169, 3]</c>, as SSDs have them; class 0 is none.</summary>
    public static OnnxNetwork Ssd() => Load(
        [
            .. Detector(), Node("Conv", ["pooled", "ssd-w", "ssd-b"], "ssd"), Flat("ssd", 3),
            Node("Transpose", ["ssd-flat"], "scores", Integers("perm", 0, 2, 1)), Node("MatMul", ["corners-of", "places"], "corners-rows"),
            Node("Transpose", ["corners-rows"], "boxes", Integers("perm", 0, 2, 1)),
        ],
        [("scores", [Boxes, 3]), ("boxes", [Boxes, 4])], ["boxes", "scores"]);

    /// <summary><c>[N, 3, 32, 32]</c> logits, as DeepLab is exported: background, red, blue.</summary>
    public static OnnxNetwork Segmenter() => Load(
        [
            .. Features(), Node("AveragePool", ["features"], "smooth", Integers("kernel_shape", 3, 3), Integers("pads", 1, 1, 1, 1), Integer("count_include_pad", 1)),
            Node("Conv", ["smooth", "ssd-w", "ssd-b"], "out"),
        ],
        [("out", [3, Scene.Side, Scene.Side])], ["out"]);

    /// <summary>
    /// <c>[N, 2]</c>: the redness of the upper left quarter, and that of everything, as timm's regressors and embeddings are exported.
    /// </summary>
    public static OnnxNetwork Regressor() => Load(
        [
            .. Features(), Node("Mul", ["features", "quarter"], "corner"), Node("GlobalAveragePool", ["corner"], "corner-mean"), Node("GlobalAveragePool", ["features"], "mean"),
            Node("Concat", ["corner-mean", "mean"], "means", Integer("axis", 1)), Node("Flatten", ["means"], "flat"), Node("MatMul", ["flat", "of-red"], "values"),
        ],
        [("values", [2])], ["values"]);

    /// <summary><c>[N, 3]</c>: how much red, blue and brightness there is.</summary>
    public static OnnxNetwork Embedder() => Load(
        [.. Features(), Node("GlobalAveragePool", ["features"], "mean"), Node("Flatten", ["mean"], "embedding")],
        [("embedding", [3])], ["embedding"]);

    private static NodeProto[] Features() => [Node("Conv", ["pixels", "colour-w", "colour-b"], "colours", Integers("pads", 1, 1, 1, 1)), Node("Relu", ["colours"], "features")];

    private static NodeProto[] Detector() =>
    [
        .. Features(),
        Node("AveragePool", ["features"], "pooled", Integers("kernel_shape", 8, 8), Integers("strides", 2, 2)),
        Node("Conv", ["pooled", "logits-w", "logits-b"], "logits"),
        Node("Conv", ["pooled", "place-w", "place-b"], "offsets"), Flat("offsets", 4), Node("Add", ["offsets-flat", "anchors"], "places"),
    ];

    private static IEnumerable<TensorProto> Weights()
    {
        // What is red: red above the mean of green and blue, over 3 x 3 pixels.
        float[] red = [1, -0.5f, -0.5f], blue = [-0.5f, -0.5f, 1], bright = [1 / 3f, 1 / 3f, 1 / 3f];
        yield return Floats("colour-w", [3, 3, 3, 3], [.. new[] { red, blue, bright }.SelectMany(weights => weights.SelectMany(weight => Enumerable.Repeat(weight / 9, 9)))]);
        yield return Floats("colour-b", [3], -0.15f, -0.15f, 0);
        yield return Floats("logits-w", [2, 3, 1, 1], 14, 0, 0, 0, 14, 0);
        yield return Floats("logits-b", [2], -3, -3);
        yield return Floats("ssd-w", [3, 3, 1, 1], 0, 0, 0, 14, 0, 0, 0, 14, 0);
        yield return Floats("ssd-b", [3], 0, -3, -3);
        yield return Floats("nothing-w", [1, 3, 1, 1], 0, 0, 0);
        yield return Floats("sure-b", [1], 20);
        yield return Floats("place-w", [4, 3, 1, 1], new float[12]);
        yield return Floats("place-b", [4], 0, 0, 0, 0);
        yield return Floats("anchors", [1, 4, Boxes],
            [.. Cell(cell => (2 * (cell % Cells)) + 4), .. Cell(cell => (2 * (cell / Cells)) + 4), .. Cell(_ => Scene.SquareSide), .. Cell(_ => Scene.SquareSide)]);
        yield return Floats("corners-of", [4, 4], 1, 0, -0.5f, 0, 0, 1, 0, -0.5f, 1, 0, 0.5f, 0, 0, 1, 0, 0.5f);
        yield return Floats("quarter", [1, 1, Scene.Side, Scene.Side],
            [.. Enumerable.Range(0, Scene.Side * Scene.Side).Select(i => i % Scene.Side < Scene.Side / 2 && i / Scene.Side < Scene.Side / 2 ? 1f : 0)]);
        yield return Floats("of-red", [6, 2], 20, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0);
        foreach (int channels in new[] { 1, 2, 3, 4 })
        {
            yield return new TensorProto { Name = $"shape-{channels}", DataType = (int)DataType.Int64, Dims = { 3 }, Int64Data = { 0, channels, Boxes } };
        }

        static IEnumerable<float> Cell(Func<int, float> value) => Enumerable.Range(0, Boxes).Select(value);
    }

    private static OnnxNetwork Load(NodeProto[] nodes, (string Name, long[] Row)[] outputs, string[] taken)
    {
        var model = new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
            Graph = new GraphProto
            {
                Input = { Value("pixels", [3, Scene.Side, Scene.Side]) },
                Output = { outputs.Select(output => Value(output.Name, output.Row)) },
                Initializer = { Weights() },
                Node = { nodes },
            },
        };
        return OnnxNetwork.Load(new MemoryStream(model.ToByteArray()), new OnnxNetworkOptions { OutputNames = taken });
    }

    private static ValueInfoProto Value(string name, long[] row) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)DataType.Float,
                Shape = new TensorShapeProto
                {
                    Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" }, row.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }) },
                },
            },
        },
    };

    /// <summary><c>[N, channels, 13, 13]</c> as <c>[N, channels, 169]</c>.</summary>
    private static NodeProto Flat(string name, int channels) => Node("Reshape", [name, $"shape-{channels}"], $"{name}-flat");

    private static NodeProto Node(string operation, string[] inputs, string output, params AttributeProto[] attributes)
        => new() { OpType = operation, Name = output, Input = { inputs }, Output = { output }, Attribute = { attributes } };

    private static AttributeProto Integer(string name, long value) => new() { Name = name, I = value, Type = AttributeType.Int };

    private static AttributeProto Integers(string name, params long[] values) => new() { Name = name, Ints = { values }, Type = AttributeType.Ints };

    private static TensorProto Floats(string name, long[] shape, params float[] values) => new() { Name = name, DataType = (int)DataType.Float, Dims = { shape }, FloatData = { values } };
}

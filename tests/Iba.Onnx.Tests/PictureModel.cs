using Google.Protobuf;
using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>
/// A small classifier of pictures <c>[N, 3, 8, 8]</c> with seeded weights, to which ends are added: tensors r (after a ReLU, 6 channels), f
/// (6 features) and logits (5 classes).
/// </summary>
internal static class PictureModel
{
    public const int Classes = 5;

    public static ModelProto Make(params NodeProto[] end)
    {
        var graph = new GraphProto
        {
            Name = "pictures",
            Input = { Floats("x", "N", 3, 8, 8) },
            Initializer = { Weights("w", [6, 3, 3, 3], 1), Weights("v", [6, Classes], 2), Weights("b", [Classes], 3) },
            Node =
            {
                Node("Conv", ["x", "w"], "c"), Node("Relu", ["c"], "r"), Node("GlobalAveragePool", ["r"], "g"), Node("Flatten", ["g"], "f"),
                Node("Gemm", ["f", "v", "b"], "logits"), end,
            },
        };
        graph.Node[0].Name = "Conv_0";
        graph.Node[1].Name = "Relu_1";
        return new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 2 } }, Graph = graph };
    }

    /// <summary>The same with outputs.</summary>
    public static ModelProto Giving(this ModelProto model, params ValueInfoProto[] outputs)
    {
        model.Graph.Output.Add(outputs);
        return model;
    }

    /// <summary>The same with further initializers.</summary>
    public static ModelProto With(this ModelProto model, params TensorProto[] initializers)
    {
        model.Graph.Initializer.Add(initializers);
        return model;
    }

    /// <summary>A float tensor; sizes are numbers, or names of open dimensions.</summary>
    public static ValueInfoProto Floats(string name, params object[] shape) => Tensor(name, DataType.Float, shape);

    public static ValueInfoProto Tensor(string name, DataType type, params object[] shape)
    {
        var sizes = new TensorShapeProto();
        sizes.Dim.Add(shape.Select(size => size is string open ? new TensorShapeProto.Types.Dimension { DimParam = open } : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(size, null) }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = sizes } } };
    }

    /// <summary>A float tensor whose shape the file does not say.</summary>
    public static ValueInfoProto Unshaped(string name)
        => new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } } };

    public static TensorProto Weights(string name, long[] shape, int seed, double scale = 1)
    {
        var random = new Random(seed);
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(scale * ((2 * random.NextDouble()) - 1));
        return TestModel.Floats(name, shape, values);
    }

    /// <summary>Pictures from a seed, in the caller's dispose scope.</summary>
    public static Tensor Pictures(int rows)
    {
        using var generator = new Generator(7, CPU);
        return randn([rows, 3, 8, 8], generator: generator) * 3;
    }

    public static OnnxNetwork Load(this ModelProto model, OnnxNetworkOptions? options = null)
        => OnnxNetwork.Load(new MemoryStream(model.ToByteArray()), options ?? new OnnxNetworkOptions());

    /// <summary>What OnnxRuntime computes for the first output.</summary>
    public static Tensor Expected(this ModelProto model, params Tensor[] inputs)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, model.ToByteArray());
            return OnnxRuntimeNetwork.Run(path, inputs, model.Graph.Output[0].Name);
        }
        finally
        {
            File.Delete(path);
        }
    }
}

using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx.Tests;

/// <summary>Builds small models.</summary>
internal static class TestModel
{
    /// <summary>y = x w with x [N, 2] and w [2, 2].</summary>
    public static ModelProto Classifier()
    {
        var batch = new TensorShapeProto.Types.Dimension { DimParam = "N" };
        var two = new TensorShapeProto.Types.Dimension { DimValue = 2 };
        var type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = new TensorShapeProto { Dim = { batch, two } } } };
        return new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
            Graph = new GraphProto
            {
                Input = { new ValueInfoProto { Name = "x", Type = type } },
                Output = { new ValueInfoProto { Name = "y", Type = type } },
                Initializer = { new TensorProto { Name = "w", DataType = (int)DataType.Float, Dims = { 2, 2 }, FloatData = { 1, 2, 3, 4 } } },
                Node = { Node("MatMul", ["x", "w"], "y") },
            },
        };
    }

    public static NodeProto Node(string operation, string[] inputs, string output, params AttributeProto[] attributes)
        => new() { OpType = operation, Input = { inputs }, Output = { output }, Attribute = { attributes } };

    public static AttributeProto Integer(string name, long value) => new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Integers(string name, params long[] values)
        => new() { Name = name, Ints = { values }, Type = AttributeProto.Types.AttributeType.Ints };

    public static TensorProto Longs(string name, long[] values, bool scalar = false)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)DataType.Int64, Int64Data = { values } };
        if (!scalar) tensor.Dims.Add(values.Length);
        return tensor;
    }

    public static TensorProto Floats(string name, long[] shape, params float[] values)
        => new() { Name = name, DataType = (int)DataType.Float, Dims = { shape }, FloatData = { values } };
}

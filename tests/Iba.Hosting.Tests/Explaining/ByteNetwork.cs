using Google.Protobuf;
using Iba.Onnx;
using Iba.Onnx.Schema;
using Iba.Onnx.Tests;
using Microsoft.ML.Data;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.Hosting.Tests;

/// <summary>A classifier of six bytes: embedded, mixed, averaged.</summary>
internal static class ByteNetwork
{
    private const int Length = 6;

    public static OnnxNetwork Load()
    {
        var model = new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 13 } },
            Graph = new GraphProto
            {
                Name = "bytes",
                Input = { PictureModel.Tensor("ids", DataType.Int64, "N", Length) },
                Output = { PictureModel.Floats("logits", "N", 3) },
                Initializer = { PictureModel.Weights("table", [256, 4], 1), PictureModel.Weights("w", [4, 8], 2), PictureModel.Weights("v", [8, 3], 3) },
                Node =
                {
                    Node("Gather", ["table", "ids"], "embedded"), Node("MatMul", ["embedded", "w"], "mixed"), Node("Relu", ["mixed"], "r"),
                    Node("ReduceMean", ["r"], "mean", Integers("axes", 1), Integer("keepdims", 0)), Node("MatMul", ["mean", "v"], "logits"),
                },
            },
        };
        return OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
    }

    public static ByteRow[] Rows(int count)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ => new ByteRow { Bytes = [.. Enumerable.Range(0, Length).Select(_ => random.Next(256))] })];
    }
}

/// <summary>A row of six bytes.</summary>
public sealed class ByteRow
{
    [VectorType(6)]
    public int[] Bytes { get; set; } = [];
}

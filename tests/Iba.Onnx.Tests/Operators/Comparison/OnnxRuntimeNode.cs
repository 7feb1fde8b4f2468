using Google.Protobuf;
using Iba.Onnx.Schema;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;
using DataType = Iba.Onnx.Schema.TensorProto.Types.DataType;
using OrtType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace Iba.Onnx.Tests;

/// <summary>Runs a single operator in OnnxRuntime, without optimisations.</summary>
internal static class OnnxRuntimeNode
{
    /// <summary>All outputs, as tensors; null where the operator leaves one out.</summary>
    /// <exception cref="OnnxRuntimeException">OnnxRuntime refuses the node.</exception>
    public static Tensor?[] RunAll(string name, long opset, Tensor?[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        var model = Model(name, opset, inputs, outputs, attributes);
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL, IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(model.ToByteArray(), options);
        using var run = new RunOptions();
        var values = model.Graph.Input.Select(input => (input.Name, Value: Value(inputs[model.Graph.Node[0].Input.IndexOf(input.Name)]!))).ToArray();
        try
        {
            using var results = session.Run(run, values.Select(pair => pair.Name).ToArray(), values.Select(pair => pair.Value).ToArray(), session.OutputNames);
            return results.Select(Result).ToArray();
        }
        finally
        {
            foreach (var (_, value) in values) value.Dispose();
        }
    }

    private static ModelProto Model(string name, long opset, Tensor?[] inputs, int outputs, (string Name, object Value)[] attributes)
    {
        var node = Node.Build(name, inputs.Length, outputs, attributes);
        for (int i = 0; i < inputs.Length; i++) node.Input[i] = inputs[i] is null ? "" : node.Input[i];
        string domain = node.Domain;
        var graph = new GraphProto { Name = "graph" };
        graph.Node.Add(node);
        foreach (var (input, tensor) in node.Input.Zip(inputs))
        {
            // Shapes, axes, scales and zero points as constants: some kernels ask for it.
            if (tensor is null) continue;
            if (!tensor.is_floating_point() || tensor.numel() <= 4) graph.Initializer.Add(Constant(input, tensor));
            else graph.Input.Add(Declare(input, tensor));
        }

        graph.Output.Add(node.Output.Where(output => output.Length > 0).Select(output => new ValueInfoProto { Name = output }));
        var model = new ModelProto { IrVersion = 10, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = domain.Length == 0 ? opset : 17 });
        if (domain.Length > 0) model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = opset });
        return model;
    }

    private static ValueInfoProto Declare(string name, Tensor tensor)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(tensor.shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TypeOf(tensor), Shape = shape } } };
    }

    private static TensorProto Constant(string name, Tensor tensor)
        => new() { Name = name, DataType = (int)TypeOf(tensor), Dims = { tensor.shape }, RawData = ByteString.CopyFrom(tensor.numel() == 0 ? [] : tensor.contiguous().bytes) };

    public static OrtValue Value(Tensor tensor)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (OrtType)(int)TypeOf(tensor), tensor.shape);
        if (tensor.numel() > 0) tensor.contiguous().bytes.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static DataType TypeOf(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => DataType.Float,
        ScalarType.Float64 => DataType.Double,
        ScalarType.Int64 => DataType.Int64,
        ScalarType.Int32 => DataType.Int32,
        ScalarType.Byte => DataType.Uint8,
        ScalarType.Int8 => DataType.Int8,
        ScalarType.Bool => DataType.Bool,
        var other => throw new ArgumentException($"{other} is not supported here.", nameof(tensor)),
    };

    public static Tensor? Result(OrtValue value)
    {
        if (!value.IsTensor) return null;
        var facts = value.GetTensorTypeAndShape();
        var result = empty(facts.Shape, dtype: facts.ElementDataType switch
        {
            OrtType.Float => float32,
            OrtType.Double => float64,
            OrtType.Int64 => int64,
            OrtType.Int32 => int32,
            OrtType.UInt8 => uint8,
            OrtType.Int8 => int8,
            OrtType.Bool => @bool,
            var other => throw new NotSupportedException($"OnnxRuntime's result is of type {other}."),
        });
        if (result.numel() > 0) result.bytes = value.GetTensorMutableRawData();
        return result;
    }
}

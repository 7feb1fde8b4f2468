using Google.Protobuf;
using Iba.Onnx.Schema;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;
using DataType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx.Tests;

/// <summary>Runs a single operator in OnnxRuntime, without optimisations.</summary>
internal static class OnnxRuntimeNode
{
    /// <summary>All outputs, as tensors; null where the operator leaves one out.</summary>
    public static Tensor?[] RunAll(string name, long opset, Tensor?[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        var node = Node.Build(name, inputs.Length, outputs, attributes);
        for (int i = 0; i < inputs.Length; i++) node.Input[i] = inputs[i] is null ? "" : node.Input[i];
        string domain = node.Domain;
        var graph = new GraphProto { Name = "graph" };
        graph.Node.Add(node);
        graph.Input.Add(inputs.Select((input, i) => (input, i)).Where(pair => pair.input is not null).Select(pair => Declare(node.Input[pair.i], pair.input!)));
        graph.Output.Add(node.Output.Where(output => output.Length > 0).Select(output => new ValueInfoProto { Name = output }));
        var model = new ModelProto { IrVersion = 10, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = domain.Length == 0 ? opset : 17 });
        if (domain.Length > 0) model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = opset });

        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL, IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(model.ToByteArray(), options);
        using var run = new RunOptions();
        var values = inputs.Select((input, i) => (Name: node.Input[i], Value: input is null ? null : Value(input))).Where(pair => pair.Value is not null).ToArray();
        try
        {
            using var results = session.Run(run, values.Select(pair => pair.Name).ToArray(), values.Select(pair => pair.Value!).ToArray(), session.OutputNames);
            return results.Select(Result).ToArray();
        }
        finally
        {
            foreach (var (_, value) in values) value!.Dispose();
        }
    }

    private static ValueInfoProto Declare(string name, Tensor tensor)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(tensor.shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        var type = tensor.dtype switch
        {
            ScalarType.Float32 => DataType.Float,
            ScalarType.Int32 => DataType.Int32,
            ScalarType.Int64 => DataType.Int64,
            ScalarType.Bool => DataType.Bool,
            var other => throw new ArgumentException($"{other} is not supported here.", nameof(tensor)),
        };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    private static OrtValue Value(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => OrtValue.CreateTensorValueFromMemory(tensor.contiguous().data<float>().ToArray(), tensor.shape),
        ScalarType.Int32 => OrtValue.CreateTensorValueFromMemory(tensor.contiguous().data<int>().ToArray(), tensor.shape),
        ScalarType.Bool => OrtValue.CreateTensorValueFromMemory(tensor.contiguous().data<bool>().ToArray(), tensor.shape),
        _ => OrtValue.CreateTensorValueFromMemory(tensor.contiguous().data<long>().ToArray(), tensor.shape),
    };

    private static Tensor? Result(OrtValue value)
    {
        if (!value.IsTensor) return null;
        var facts = value.GetTensorTypeAndShape();
        return facts.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => tensor(value.GetTensorDataAsSpan<float>().ToArray(), facts.Shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int32 => tensor(value.GetTensorDataAsSpan<int>().ToArray(), facts.Shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => tensor(value.GetTensorDataAsSpan<long>().ToArray(), facts.Shape),
            var other => throw new NotSupportedException($"OnnxRuntime's result is of type {other}."),
        };
    }
}

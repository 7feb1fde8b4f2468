using Google.Protobuf;
using Iba.Onnx.Operators;
using Iba.Onnx.Schema;
using TorchSharp;

namespace Iba.Onnx.Tests;

/// <summary>Runs a single operator on tensors.</summary>
internal static class Node
{
    /// <summary>The first output of a node, as a tensor.</summary>
    public static torch.Tensor Run(string name, long opset, torch.Tensor?[] inputs, params (string Name, object Value)[] attributes)
        => ((TensorValue)RunAll(name, opset, inputs.Select(input => input is null ? null : (OnnxValue)input).ToArray(), attributes)[0]).Tensor;

    /// <summary>All outputs of a node. A name may begin with a domain: <c>com.microsoft::QGemm</c>.</summary>
    public static OnnxValue[] RunAll(string name, long opset, OnnxValue?[] inputs, params (string Name, object Value)[] attributes)
        => RunAll(name, opset, inputs, outputs: 1, attributes);

    public static OnnxValue[] RunAll(string name, long opset, OnnxValue?[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        var (domain, type) = name.Split("::") is [var first, var second] ? (first, second) : ("", name);
        var node = new NodeProto { OpType = type, Domain = domain };
        node.Input.Add(inputs.Select((input, i) => input is null ? "" : $"input{i}"));
        node.Output.Add(Enumerable.Range(0, outputs).Select(i => $"output{i}"));
        node.Attribute.Add(attributes.Select(attribute => Attribute(attribute.Name, attribute.Value)));
        var compute = OperatorTable.Default.Find(domain, type) ?? throw new ArgumentException($"{name} is not claimed.", nameof(name));
        return compute(new OperatorCall(node, opset, inputs, (_, _) => throw new InvalidOperationException("The node has no graph to run.")));
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case long number:
                attribute.I = number;
                break;
            case int number:
                attribute.I = number;
                break;
            case float number:
                attribute.F = number;
                break;
            case string text:
                attribute.S = ByteString.CopyFromUtf8(text);
                break;
            case long[] numbers:
                attribute.Ints.Add(numbers);
                break;
            case float[] numbers:
                attribute.Floats.Add(numbers);
                break;
            case string[] texts:
                attribute.Strings.Add(texts.Select(ByteString.CopyFromUtf8));
                break;
            default:
                throw new ArgumentException($"No attribute is made from a {value.GetType().Name}.", nameof(value));
        }

        return attribute;
    }
}

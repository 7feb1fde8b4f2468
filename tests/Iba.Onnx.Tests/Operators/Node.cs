using Google.Protobuf;
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
        var node = Build(name, inputs.Length, outputs, attributes);
        for (int i = 0; i < inputs.Length; i++) node.Input[i] = inputs[i] is null ? "" : node.Input[i];
        var compute = OperatorFamilies.Table.Find(node.Domain, node.OpType) ?? throw new ArgumentException($"{name} is not claimed.", nameof(name));
        return compute(new OperatorCall(node, opset, inputs, (_, _) => throw new InvalidOperationException("The node has no graph to run.")));
    }

    /// <summary>A node with inputs <c>input0</c>, <c>input1</c>, ... and outputs <c>output0</c>, ...</summary>
    public static NodeProto Build(string name, int inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        var (domain, type) = name.Split("::") is [var first, var second] ? (first, second) : ("", name);
        var node = new NodeProto { OpType = type, Domain = domain };
        node.Input.Add(Enumerable.Range(0, inputs).Select(i => $"input{i}"));
        node.Output.Add(Enumerable.Range(0, outputs).Select(i => $"output{i}"));
        node.Attribute.Add(attributes.Select(attribute => Attribute(attribute.Name, attribute.Value)));
        return node;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case long number:
                (attribute.I, attribute.Type) = (number, AttributeProto.Types.AttributeType.Int);
                break;
            case int number:
                (attribute.I, attribute.Type) = (number, AttributeProto.Types.AttributeType.Int);
                break;
            case float number:
                (attribute.F, attribute.Type) = (number, AttributeProto.Types.AttributeType.Float);
                break;
            case string text:
                (attribute.S, attribute.Type) = (ByteString.CopyFromUtf8(text), AttributeProto.Types.AttributeType.String);
                break;
            case long[] numbers:
                attribute.Ints.Add(numbers);
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                break;
            case float[] numbers:
                attribute.Floats.Add(numbers);
                attribute.Type = AttributeProto.Types.AttributeType.Floats;
                break;
            case string[] texts:
                attribute.Strings.Add(texts.Select(ByteString.CopyFromUtf8));
                attribute.Type = AttributeProto.Types.AttributeType.Strings;
                break;
            default:
                throw new ArgumentException($"No attribute is made from a {value.GetType().Name}.", nameof(value));
        }

        return attribute;
    }
}

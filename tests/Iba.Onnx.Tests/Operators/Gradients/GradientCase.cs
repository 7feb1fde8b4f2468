using Iba.Onnx.Schema;
using TorchSharp;

namespace Iba.Onnx.Tests;

/// <summary>An operator at one point: what it computes, from which inputs, and which of these have a gradient.</summary>
/// <param name="Operator">Its name, with domain and "::" before it where that is not the standard's.</param>
/// <param name="Name">The case.</param>
/// <param name="Inputs">The inputs; those with a gradient are float64.</param>
/// <param name="Compute">The operator.</param>
/// <param name="HasGradient">Which inputs have one, by index.</param>
internal sealed record GradientCase(
    string Operator, string Name, OnnxValue?[] Inputs, Func<OnnxValue?[], OnnxValue[]> Compute, Func<int, bool> HasGradient)
{
    /// <summary>More elements make difference quotients slow and inexact.</summary>
    private const long MostElements = 3000;

    private const int MostCases = 6;

    /// <summary>A few of the ONNX project's node tests of an operator, with inputs as float64.</summary>
    public static IEnumerable<GradientCase> FromNodeTests(string name)
        => NodeTestCase.All.Where(test => test.Operators.Contains(name)).Select(test => Read(name, test)).OfType<GradientCase>().Take(MostCases);

    /// <summary>A case of one node with inputs of one's own; doubles have gradients, everything else has none.</summary>
    public static GradientCase Of(string name, long opset, torch.Tensor?[] inputs, int outputs, params (string Name, object Value)[] attributes)
        => new(
            name, $"{name} by hand", inputs.Select(tensor => tensor is null ? null : (OnnxValue)tensor).ToArray(),
            values => Node.RunAll(name, opset, values, outputs, attributes), index => inputs[index]?.dtype == torch.ScalarType.Float64);

    private static GradientCase? Read(string name, NodeTestCase test)
    {
        var model = ModelProto.Parser.ParseFrom(test.Model);
        if (model.Graph.Node.Count != 1 || model.Graph.Node[0].OpType != name || model.Graph.Node[0].Domain.Length > 0) return null;
        if (model.Graph.Input.Any(input => input.Type.ValueCase != TypeProto.ValueOneofCase.TensorType)) return null;
        if (model.Graph.Input.Any(input => input.Type.TensorType.ElemType == (int)TensorProto.Types.DataType.String)) return null;

        // The node's own numbering of inputs, which may leave some out.
        var node = model.Graph.Node[0];
        int[] indices = model.Graph.Input.Select(input => node.Input.IndexOf(input.Name)).ToArray();
        bool HasGradient(int input) => NotDifferentiable.HasGradient(name, indices[input]);
        var inputs = test.Inputs.Select((bytes, i) =>
        {
            var value = TensorReader.ReadValue(TensorProto.Parser.ParseFrom(bytes), "test tensor");
            return value.Tensor.is_floating_point() && HasGradient(i) && value.WidenedFrom == default ? new TensorValue(value.Tensor.to(torch.float64)) : value;
        }).ToArray<OnnxValue?>();
        if (inputs.OfType<TensorValue>().Sum(value => value.Tensor.numel()) > MostElements) return null;
        if (!inputs.OfType<TensorValue>().Any(value => value.Tensor.dtype == torch.ScalarType.Float64)) return null;
        return new GradientCase(name, test.Name, inputs, Run, HasGradient);

        OnnxValue[] Run(OnnxValue?[] values)
        {
            using var graph = GraphBuilder.Build(model, OperatorFamilies.Table);
            return new GraphProgram(graph).Run(values!);
        }
    }
}

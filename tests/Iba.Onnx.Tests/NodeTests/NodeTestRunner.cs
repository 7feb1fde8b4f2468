using Iba.Onnx.Schema;
using TorchSharp;

namespace Iba.Onnx.Tests;

public enum NodeTestOutcome
{
    Passed,

    /// <summary>An operator or an element type of the case is not supported.</summary>
    NotClaimed,

    Failed,
}

/// <param name="Case">The case.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="Reason">Why it failed or is not claimed.</param>
public sealed record NodeTestResult(NodeTestCase Case, NodeTestOutcome Outcome, string Reason = "");

/// <summary>Runs node tests: the case's model on its inputs, compared with its outputs.</summary>
public static class NodeTestRunner
{
    public static NodeTestResult Run(NodeTestCase test)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var model = ModelProto.Parser.ParseFrom(test.Model);
        var types = model.Graph.Input.Concat(model.Graph.Output).Select(value => value.Type);
        if (types.Any(HoldsStrings)) return new(test, NodeTestOutcome.NotClaimed, "strings");
        try
        {
            using var graph = GraphBuilder.Build(model, OperatorFamilies.Table);
            string[] missing = graph.AllNodes().Where(node => node.Compute == null).Select(node => node.Operator).Distinct().ToArray();
            if (missing.Length > 0) return new(test, NodeTestOutcome.NotClaimed, string.Join(", ", missing));

            var program = new GraphProgram(graph);
            var inputs = test.Inputs.Select((bytes, i) => Decode(bytes, graph.Inputs[i].Type)).ToArray();
            var outputs = program.Run(inputs);
            for (int i = 0; i < test.Outputs.Count; i++)
            {
                var type = graph.Outputs[i].Type;
                if (Difference(outputs[i], Decode(test.Outputs[i], type), type, test) is { } difference)
                {
                    return new(test, NodeTestOutcome.Failed, $"output {i}: {difference}");
                }
            }

            return new(test, NodeTestOutcome.Passed);
        }
        catch (OnnxFormatException exception)
        {
            return new(test, NodeTestOutcome.Failed, exception.Message);
        }
    }

    private static bool HoldsStrings(TypeProto? type) => type?.ValueCase switch
    {
        TypeProto.ValueOneofCase.TensorType => type.TensorType.ElemType == (int)TensorProto.Types.DataType.String,
        TypeProto.ValueOneofCase.SequenceType => HoldsStrings(type.SequenceType.ElemType),
        TypeProto.ValueOneofCase.OptionalType => HoldsStrings(type.OptionalType.ElemType),
        _ => false,
    };

    internal static OnnxValue Decode(byte[] bytes, TypeProto? type) => type?.ValueCase switch
    {
        TypeProto.ValueOneofCase.SequenceType => Decode(SequenceProto.Parser.ParseFrom(bytes)),
        TypeProto.ValueOneofCase.OptionalType => Decode(OptionalProto.Parser.ParseFrom(bytes)),
        _ => Decode(TensorProto.Parser.ParseFrom(bytes)),
    };

    private static TensorValue Decode(TensorProto tensor) => TensorReader.ReadValue(tensor, "test tensor");

    private static SequenceValue Decode(SequenceProto sequence)
        => new([.. sequence.TensorValues.Select(Decode), .. sequence.SequenceValues.Select(Decode)]);

    private static OnnxValue Decode(OptionalProto optional)
        => optional.TensorValue != null ? Decode(optional.TensorValue)
            : optional.SequenceValue != null ? Decode(optional.SequenceValue)
            : NoValue.Instance;

    private static string? Difference(OnnxValue actual, OnnxValue expected, TypeProto type, NodeTestCase test)
    {
        switch (actual, expected)
        {
            case (NoValue, NoValue):
                return null;
            case (SequenceValue a, SequenceValue e):
                if (a.Items.Count != e.Items.Count) return $"{a.Items.Count} items instead of {e.Items.Count}";
                var inner = type.ValueCase == TypeProto.ValueOneofCase.OptionalType ? type.OptionalType.ElemType : type;
                return a.Items.Select((item, i) => Difference(item, e.Items[i], inner.SequenceType.ElemType, test)).FirstOrDefault(d => d != null);
            case (TensorValue a, TensorValue e):
                var tensor = type.ValueCase == TypeProto.ValueOneofCase.OptionalType ? type.OptionalType.ElemType : type;
                return Difference(a.Tensor, e.Tensor, (TensorProto.Types.DataType)tensor.TensorType.ElemType, test);
            default:
                return $"a {actual.GetType().Name} instead of a {expected.GetType().Name}";
        }
    }

    private static string? Difference(torch.Tensor actual, torch.Tensor expected, TensorProto.Types.DataType declared, NodeTestCase test)
    {
        var storage = ElementTypes.Storage(declared);
        if (actual.dtype != storage) return $"{actual.dtype} instead of {storage} (declared {declared})";
        if (!actual.shape.SequenceEqual(expected.shape)) return $"shape [{string.Join(", ", actual.shape)}] instead of [{string.Join(", ", expected.shape)}]";
        var a = actual.to(torch.float64);
        var e = expected.to(torch.float64);
        double relative = declared == TensorProto.Types.DataType.Bfloat16 ? Math.Max(test.RelativeTolerance, 1.0 / 64) : test.RelativeTolerance;
        var near = (a - e).abs().le((e.abs() * relative) + test.AbsoluteTolerance) | a.eq(e) | (a.isnan() & e.isnan());
        if (near.all().item<bool>()) return null;
        var wrong = near.logical_not();
        return $"{wrong.sum().item<long>()} of {near.numel()} elements differ, first {a[wrong][0].item<double>()} instead of {e[wrong][0].item<double>()}";
    }
}

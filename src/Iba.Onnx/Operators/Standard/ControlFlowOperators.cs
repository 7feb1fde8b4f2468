using Iba.Onnx.Schema;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Branches and loops, which are run directly: the branch taken, the iterations one by one.</summary>
internal static class ControlFlowOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddMany("If", call => call.Run(call.Subgraph(Truth(call, call[0]) ? "then_branch" : "else_branch")));
        table.AddMany("Loop", Loop);
    }

    private static bool Truth(OperatorCall call, Tensor condition)
        => condition.numel() == 1
            ? condition.to(ScalarType.Bool).item<bool>()
            : throw call.Error($"has a condition of {condition.numel()} elements");

    private static OnnxValue[] Loop(OperatorCall call)
    {
        var body = call.Subgraph("body");
        long most = call.Longs(0) switch
        {
            null => long.MaxValue,
            [var count] => count,
            _ => throw call.Error("needs a single trip count"),
        };
        bool goesOn = call.Optional(1) is not { } start || Truth(call, start);
        var states = call.Inputs(2);
        if (body.Output.Count < 1 + states.Length)
        {
            throw call.Error($"carries {states.Length} values and has a body with {body.Output.Count} outputs");
        }
        var collected = Enumerable.Range(0, body.Output.Count - 1 - states.Length).Select(_ => new List<OnnxValue>()).ToArray();

        using var iterations = new IteratedBody(call, body);
        for (long i = 0; goesOn && i < most; i++)
        {
            var outputs = iterations.Run([tensor(i), tensor(goesOn), .. states]);
            goesOn = outputs[0] is TensorValue { Tensor: var condition } && Truth(call, condition);
            for (int k = 0; k < collected.Length; k++) collected[k].Add(outputs[1 + states.Length + k]);
            var next = outputs[1..(1 + states.Length)];
            iterations.Collect(outputs.AsSpan()[(1 + states.Length)..]);
            iterations.Free(states.Prepend(outputs[0]), next);
            states = next;
        }
        var stacks = collected.Select((items, k) => Stack(call, items, 0, body.Output[1 + states.Length + k]));
        return iterations.Finish([.. states, .. stacks]);
    }

    /// <summary>The values that the iterations gave, along a new axis; without iterations it is empty, the others as declared.</summary>
    public static OnnxValue Stack(OperatorCall call, IReadOnlyList<OnnxValue> items, long axis, ValueInfoProto declared)
    {
        if (items.Count == 0)
        {
            var type = declared.Type?.TensorType;
            var element = (TensorProto.Types.DataType)(type?.ElemType ?? (int)TensorProto.Types.DataType.Float);
            var shape = (type?.Shape?.Dim.Select(size => Math.Max(size.DimValue, 0)) ?? []).ToList();
            shape.Insert(call.Axis(axis, shape.Count + 1), 0);
            return NarrowTypes.As(empty(shape.ToArray(), ElementTypes.Storage(element) ?? ScalarType.Float32), element);
        }
        var tensors = items.Select(item => item as TensorValue ?? throw call.Error("collects values that are no tensors")).ToArray();
        long[] sizes = tensors[0].Tensor.shape;
        if (tensors.Any(item => !item.Tensor.shape.SequenceEqual(sizes)))
        {
            throw call.Error("collects tensors whose shapes differ from one iteration to the next");
        }
        return tensors[0] with { Tensor = stack(tensors.Select(item => item.Tensor), call.Axis(axis, sizes.Length + 1)) };
    }
}

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Sequences of tensors, and optional values.</summary>
internal static class SequenceOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddMany("SequenceConstruct", call => [new SequenceValue(call.Inputs(0))]);
        table.AddMany("SequenceEmpty", _ => [new SequenceValue([])]);
        table.AddMany("SequenceAt", call => [call.Sequence(0)[Position(call, 1, call.Sequence(0).Count)]]);
        table.AddMany("SequenceInsert", Insert);
        table.AddMany("SequenceErase", Erase);
        table.Add("SequenceLength", call => tensor((long)call.Sequence(0).Count));
        table.AddMany("SequenceMap", Map);
        table.AddMany("ConcatFromSequence", Concat);
        table.AddMany("SplitToSequence", Split);
        table.AddMany("Optional", call => [call.Value(0) ?? NoValue.Instance]);
        table.AddMany("OptionalGetElement", Get);
        table.Add("OptionalHasElement", call => tensor(call.Value(0) is not (null or NoValue)));
    }

    private static OnnxValue[] Get(OperatorCall call)
        => call.Value(0) is { } value and not NoValue ? [value] : throw call.Error("takes the value of an optional that holds none");

    /// <summary>A position in a sequence from an input; the last one where the input is left out.</summary>
    private static int Position(OperatorCall call, int input, int count)
    {
        long position = call.Longs(input) switch
        {
            null => -1,
            [var number] => number,
            _ => throw call.Error("needs a single position"),
        };
        if (position < -count || position >= count) throw call.Error($"has position {position} in a sequence of {count}");
        return (int)(position < 0 ? position + count : position);
    }

    private static OnnxValue[] Insert(OperatorCall call)
    {
        var items = call.Sequence(0).ToList();
        // One may insert after the last item, too; there is where it goes without a position.
        int place = call.Value(2) is null ? items.Count
            : call.Longs(2) is [var number] && number == items.Count ? items.Count
            : Position(call, 2, items.Count);
        items.Insert(place, call.Value(1) ?? throw call.Error("needs input 1"));
        return [new SequenceValue(items)];
    }

    private static OnnxValue[] Erase(OperatorCall call)
    {
        var items = call.Sequence(0).ToList();
        items.RemoveAt(Position(call, 1, items.Count));
        return [new SequenceValue(items)];
    }

    /// <summary>Runs a graph for each item of the first sequence; other sequences go along with it, tensors are the same for all.</summary>
    private static OnnxValue[] Map(OperatorCall call)
    {
        var items = call.Sequence(0);
        var inputs = call.Inputs(0);
        if (inputs.Any(input => input is SequenceValue sequence && sequence.Items.Count != items.Count))
        {
            throw call.Error("has sequences of different lengths");
        }
        var body = call.Subgraph("body");
        var results = body.Output.Select(_ => new List<OnnxValue>()).ToArray();
        using var iterations = new IteratedBody(call, body);
        for (int i = 0; i < items.Count; i++)
        {
            var outputs = iterations.Run(inputs.Select(input => input is SequenceValue sequence ? sequence.Items[i] : input).ToArray());
            for (int k = 0; k < results.Length; k++) results[k].Add(outputs[k]);
        }
        return iterations.Finish(results.Select(result => (OnnxValue)new SequenceValue(result)).ToArray());
    }

    private static OnnxValue[] Concat(OperatorCall call)
    {
        var items = call.Sequence(0).Select(item => item as TensorValue ?? throw call.Error("joins items that are no tensors")).ToArray();
        if (items.Length == 0) throw call.Error("joins an empty sequence");
        var tensors = items.Select(item => item.Tensor).ToArray();
        long axis = call.Int("axis", 0);
        if (call.Flag("new_axis"))
        {
            int place = call.Axis(axis, tensors[0].dim() + 1);
            if (tensors.Any(item => item.dim() != tensors[0].dim())) throw call.Error("joins items of different ranks");
            tensors = tensors.Select(item => item.unsqueeze(place)).ToArray();
            axis = place;
        }
        return [new TensorValue(ShapeOperators.Join(call, tensors, axis), items[0].WidenedFrom)];
    }

    private static OnnxValue[] Split(OperatorCall call)
    {
        var input = call[0];
        int axis = call.Axis(call.Int("axis", 0), input.dim());
        long size = input.shape[axis];
        if (size > OperatorLimits.MostIterations) throw call.Error($"makes a sequence of {size}");
        var type = call.WidenedFrom(0);
        if (call.Optional(1) is not { } split)
        {
            bool keeps = call.Flag("keepdims", true);
            var single = input.unbind(axis).Select(part => (OnnxValue)new TensorValue(keeps ? part.unsqueeze(axis) : part, type));
            return [new SequenceValue(single.ToArray())];
        }
        long[] sizes = call.Longs(1)!;
        if (split.dim() == 0)
        {
            long part = sizes[0] > 0 ? sizes[0] : throw call.Error($"splits into parts of {sizes[0]}");
            sizes = Enumerable.Range(0, (int)((size + part - 1) / part)).Select(i => Math.Min(part, size - i * part)).ToArray();
        }
        if (sizes.Any(part => part < 0 || part > size) || sizes.Sum() != size)
        {
            throw call.Error($"cannot split {size} elements into {Shapes.Format(sizes)}");
        }
        long start = 0L;
        var parts = new List<OnnxValue>();
        foreach (long part in sizes)
        {
            parts.Add(new TensorValue(input.narrow(axis, start, part), type));
            start += part;
        }
        return [new SequenceValue(parts)];
    }
}

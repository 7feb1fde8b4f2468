namespace Iba.Onnx;

/// <summary>Scan: a graph that is run along an axis of its inputs, with a state carried on.</summary>
internal static class ScanOperators
{
    public static void Register(OperatorTable table)
        => table.AddMany("Scan", call => call.Opset < 9 ? ScanBatches(call) : Scan(call, call.Inputs(0)));

    private static OnnxValue[] Scan(OperatorCall call, OnnxValue[] inputs)
    {
        var body = call.Subgraph("body");
        int scanCount = (int)Math.Clamp(call.Int("num_scan_inputs", 0), 0, int.MaxValue);
        int stateCount = inputs.Length - scanCount;
        int outputCount = body.Output.Count - stateCount;
        if (scanCount < 1 || stateCount < 0 || outputCount < 0)
        {
            throw call.Error($"has {inputs.Length} inputs, {scanCount} of them scanned, and a body with {body.Output.Count} outputs");
        }
        var states = inputs.Take(stateCount).ToArray();
        var scanned = inputs.Skip(stateCount).Select((value, i) => Steps(call, value, i)).ToArray();
        int steps = scanned[0].Length;
        if (scanned.Any(items => items.Length != steps)) throw call.Error("scans inputs of different lengths");
        var collected = Enumerable.Range(0, outputCount).Select(_ => new List<OnnxValue>()).ToArray();

        using var iterations = new IteratedBody(call, body);
        for (int i = 0; i < steps; i++)
        {
            var outputs = iterations.Run([.. states, .. scanned.Select(items => items[i])]);
            for (int k = 0; k < outputCount; k++) collected[k].Add(outputs[stateCount + k]);
            var next = outputs[..stateCount];
            iterations.Collect(outputs.AsSpan()[stateCount..]);
            iterations.Free(states, next);
            states = next;
        }
        long[]? axes = call.Ints("scan_output_axes");
        long[]? directions = call.Ints("scan_output_directions");
        var stacks = collected.Select((items, k) =>
        {
            if (At(directions, k) == 1) items.Reverse();
            return ControlFlowOperators.Stack(call, items, At(axes, k), body.Output[stateCount + k]);
        });
        return iterations.Finish([.. states, .. stacks]);
    }

    /// <summary>The parts of a scanned input, in the order in which they are visited.</summary>
    private static OnnxValue[] Steps(OperatorCall call, OnnxValue value, int index)
    {
        if (value is not TensorValue scanned) throw call.Error("scans an input that is no tensor");
        int axis = call.Axis(At(call.Ints("scan_input_axes"), index), scanned.Tensor.dim());
        if (scanned.Tensor.shape[axis] > OperatorLimits.MostIterations) throw call.Error($"scans {scanned.Tensor.shape[axis]} steps");
        var parts = scanned.Tensor.unbind(axis).Select(part => (OnnxValue)(scanned with { Tensor = part })).ToArray();
        if (At(call.Ints("scan_input_directions") ?? call.Ints("directions"), index) == 1) Array.Reverse(parts);
        return parts;
    }

    private static long At(long[]? values, int index) => values != null && index < values.Length ? values[index] : 0;

    /// <summary>Opset 8: every input has a batch axis, and each of the batch is scanned by itself.</summary>
    private static OnnxValue[] ScanBatches(OperatorCall call)
    {
        var inputs = call.Inputs(1).Select(value => value as TensorValue ?? throw call.Error("scans an input that is no tensor")).ToArray();
        long batches = inputs.Length > 0 && inputs[0].Tensor.dim() > 0 ? inputs[0].Tensor.shape[0] : 0;
        if (batches == 0 || inputs.Any(input => input.Tensor.dim() == 0 || input.Tensor.shape[0] != batches))
        {
            throw call.Error("needs inputs of one batch size");
        }
        if (call.Longs(0) is { } lengths && lengths.Distinct().Count() > 1)
        {
            throw call.Error("has sequences of different lengths, which is not supported");
        }
        if (call.Longs(0) is [var length, ..])
        {
            int scanCount = (int)call.Int("num_scan_inputs", 0);
            for (int i = Math.Max(inputs.Length - scanCount, 0); i < inputs.Length; i++)
            {
                long steps = inputs[i].Tensor.dim() > 1 ? inputs[i].Tensor.shape[1] : 0;
                if (length < 0 || length > steps) throw call.Error($"scans {length} of {steps} steps");
                inputs[i] = inputs[i] with { Tensor = inputs[i].Tensor.narrow(1, 0, length) };
            }
        }
        var results = Enumerable.Range(0, (int)Math.Min(batches, OperatorLimits.MostIterations + 1L))
            .Select(batch => Scan(call, inputs.Select(input => At(input, batch)).ToArray()))
            .ToArray();
        return Enumerable.Range(0, results[0].Length)
            .Select(k => ControlFlowOperators.Stack(call, results.Select(result => result[k]).ToArray(), 0, call.Subgraph("body").Output[k]))
            .ToArray();

        static OnnxValue At(TensorValue input, int batch) => input with { Tensor = input.Tensor.select(0, batch) };
    }
}

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Operators that pick elements by index or by mask.</summary>
internal static class GatherOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddKeepingType("Gather", Gather);
        table.AddKeepingType("GatherElements", GatherElements);
        table.AddKeepingType("GatherND", GatherNd);
        table.AddKeepingType("Compress", Compress);
        table.AddKeepingType("ReverseSequence", ReverseSequence);
        table.AddKeepingType("Where", Where, input: 1);
        table.Add("NonZero", call => call[0].nonzero().t().contiguous());
        table.AddMany("Unique", Unique);
    }

    private static Tensor Gather(OperatorCall call)
    {
        var (data, indices) = (call[0], call[1]);
        int axis = call.Axis(call.Int("axis", 0), data.dim());
        long[] old = data.shape;
        long[] shape = [.. old[..axis], .. indices.shape, .. old[(axis + 1)..]];
        OperatorLimits.Check(call, shape, data.numel());
        var places = Indices.Normalise(call, indices, old[axis], data.device);
        return data.index_select(axis, places.flatten()).reshape(shape);
    }

    private static Tensor GatherElements(OperatorCall call)
    {
        var (data, indices) = (call[0], call[1]);
        int axis = call.Axis(call.Int("axis", 0), data.dim());
        CheckElementIndices(call, data, indices, axis);
        return data.gather(axis, Indices.Normalise(call, indices, data.shape[axis], data.device));
    }

    /// <summary>Checks that indices have the data's rank and, along the other axes, no more than the data's sizes.</summary>
    public static void CheckElementIndices(OperatorCall call, Tensor data, Tensor indices, int axis)
    {
        var (sizes, counts) = (data.shape, indices.shape);
        if (counts.Length != sizes.Length || counts.Where((count, i) => i != axis && count > sizes[i]).Any())
        {
            throw call.Error($"has indices of shape {Shapes.Format(counts)} into data of shape {Shapes.Format(sizes)}");
        }
    }

    private static Tensor GatherNd(OperatorCall call)
    {
        var (data, tuples) = (call[0], call[1]);
        int batchDimensions = (int)Math.Clamp(call.Int("batch_dims", 0), 0, int.MaxValue);
        var (sizes, counts) = (data.shape, tuples.shape);
        long indexed = counts.Length == 0 ? throw call.Error("needs indices of one dimension or more") : counts[^1];
        if (batchDimensions >= counts.Length || batchDimensions + indexed > sizes.Length
            || !counts.Take(batchDimensions).SequenceEqual(sizes.Take(batchDimensions)))
        {
            throw call.Error($"has indices of shape {Shapes.Format(counts)} into data of shape {Shapes.Format(sizes)}"
                + $" with {batchDimensions} batch dimensions");
        }
        int first = batchDimensions + (int)indexed;
        long[] shape = [.. counts[..^1], .. sizes[first..]];
        OperatorLimits.Check(call, shape, data.numel());

        var positions = Indices.Flatten(call, tuples, sizes.AsSpan()[batchDimensions..first], data.device);
        if (batchDimensions > 0)
        {
            long stride = Product(sizes[batchDimensions..first]);
            long batches = Product(sizes[..batchDimensions]);
            var offsets = arange(batches, ScalarType.Int64, data.device) * stride;
            long[] alongBatches = [.. sizes[..batchDimensions], .. Enumerable.Repeat(1L, counts.Length - 1 - batchDimensions)];
            positions = positions + offsets.reshape(alongBatches);
        }
        return data.reshape(Product(sizes[..first]), Product(sizes[first..])).index_select(0, positions.flatten()).reshape(shape);

        static long Product(long[] factors) => factors.Aggregate(1L, (product, factor) => product * factor);
    }

    private static Tensor Compress(OperatorCall call)
    {
        var (data, condition) = (call[0], call[1]);
        if (condition.dim() != 1) throw call.Error($"needs a condition of one dimension, not {condition.dim()}");
        var source = call.Has("axis") ? data : data.flatten();
        int axis = call.Axis(call.Int("axis", 0), source.dim());
        var places = condition.nonzero().flatten();
        return source.index_select(axis, Indices.Normalise(call, places, source.shape[axis], data.device));
    }

    /// <summary>Reverses the first elements of each sequence, as many as its length says.</summary>
    private static Tensor ReverseSequence(OperatorCall call)
    {
        var (data, lengths) = (call[0], call[1].to(ScalarType.Int64).to(call[0].device));
        int time = call.Axis(call.Int("time_axis", 0), data.dim());
        int batch = call.Axis(call.Int("batch_axis", 1), data.dim());
        var (steps, rows) = (data.shape[time], data.shape[batch]);
        if (time == batch || lengths.dim() != 1 || lengths.shape[0] != rows
            || lengths.lt(0).logical_or(lengths.gt(steps)).any().item<bool>())
        {
            throw call.Error($"needs {rows} lengths from 0 to {steps}, and time and batch axes that differ");
        }
        var step = arange(steps, ScalarType.Int64, data.device).unsqueeze(1);
        var source = where(step.lt(lengths), lengths - 1 - step, step);
        if (batch < time) source = source.t();
        for (int axis = 0; axis < data.dim(); axis++)
        {
            if (axis != time && axis != batch) source = source.unsqueeze(axis);
        }
        return data.gather(time, source.expand(data.shape));
    }

    private static Tensor Where(OperatorCall call)
    {
        var (yes, no) = Broadcasting.Operands(call, call[1], call[2]);
        var (condition, either) = Broadcasting.Operands(call, call[0], yes);
        Broadcasting.Operands(call, condition, no);
        return where(condition.to(ScalarType.Bool), either, no.to(either.device));
    }

    private static OnnxValue[] Unique(OperatorCall call)
    {
        var data = call.Has("axis") ? call[0] : call[0].flatten();
        int axis = call.Axis(call.Int("axis", 0), data.dim());
        var (values, inverse, counts) = data.unique(sorted: true, return_inverse: true, return_counts: true, dim: axis);
        long[] places = inverse!.flatten().to(CPU).data<long>().ToArray();
        long[] first = Enumerable.Repeat(long.MaxValue, (int)values.shape[axis]).ToArray();
        for (int i = 0; i < places.Length; i++) first[places[i]] = Math.Min(first[places[i]], i);
        if (!call.Flag("sorted", true))
        {
            long[] order = Enumerable.Range(0, first.Length).Select(i => (long)i).OrderBy(i => first[i]).ToArray();
            long[] rank = new long[order.Length];
            for (int i = 0; i < order.Length; i++) rank[order[i]] = i;
            var permutation = tensor(order, device: data.device);
            (values, counts) = (values.index_select(axis, permutation), counts!.index_select(0, permutation));
            first = order.Select(i => first[i]).ToArray();
            places = places.Select(i => rank[i]).ToArray();
        }
        return [new TensorValue(values, call.WidenedFrom(0)), tensor(first), tensor(places), counts!];
    }
}

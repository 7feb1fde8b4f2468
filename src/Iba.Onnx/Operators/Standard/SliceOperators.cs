using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Parts of a tensor along its axes.</summary>
internal static class SliceOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddKeepingType("Slice", Slice);
        table.AddMany("Split", Split);
    }

    private static Tensor Slice(OperatorCall call)
    {
        bool isOld = call.Opset < 10;
        long[] starts = (isOld ? call.Ints("starts") : call.Longs(1)) ?? throw call.Error("needs starts");
        long[] ends = (isOld ? call.Ints("ends") : call.Longs(2)) ?? throw call.Error("needs ends");
        long[] axes = (isOld ? call.Ints("axes") : call.Longs(3)) ?? Enumerable.Range(0, starts.Length).Select(axis => (long)axis).ToArray();
        long[] steps = (isOld ? null : call.Longs(4)) ?? Enumerable.Repeat(1L, starts.Length).ToArray();
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
        {
            throw call.Error($"has {starts.Length} starts, {ends.Length} ends, {axes.Length} axes and {steps.Length} steps");
        }
        var result = call[0];
        for (int i = 0; i < starts.Length; i++)
        {
            if (steps[i] == 0) throw call.Error("has a step of 0");
            result = Slice(result, call.Axis(axes[i], result.dim()), starts[i], ends[i], steps[i]);
        }
        return result;
    }

    private static Tensor Slice(Tensor input, int axis, long start, long end, long step)
    {
        long size = input.shape[axis];
        if (start < 0) start += size;
        if (end < 0) end += size;
        if (step > 0)
        {
            start = Math.Clamp(start, 0, size);
            end = Math.Clamp(end, start, size);
            return start == 0 && end == size && step == 1 ? input : input.slice(axis, start, end, Math.Min(step, size + 1));
        }
        // Backwards, which libtorch's slices cannot: both bounds are one lower, so that index 0 can be reached.
        // Unlike Python, the standard moves a start before the first element to that element.
        start = Math.Min(Math.Max(start, 0), size - 1);
        end = Math.Clamp(end, -1, size - 1);
        long stride = step < -size ? size + 1 : -step;
        long count = start > end ? (start - end + stride - 1) / stride : 0;
        return input.index_select(axis, start - arange(count, ScalarType.Int64, input.device) * stride);
    }

    private static OnnxValue[] Split(OperatorCall call)
    {
        var input = call[0];
        int axis = call.Axis(call.Int("axis", 0), input.dim());
        long size = input.shape[axis];
        long[] sizes = call.Ints("split") ?? call.Longs(1) ?? Equal(call.Int("num_outputs", call.OutputCount));
        if (sizes.Any(part => part < 0 || part > size) || sizes.Sum() != size)
        {
            throw call.Error($"cannot split {size} elements into {Shapes.Format(sizes)}");
        }
        var type = call.WidenedFrom(0);
        var parts = new OnnxValue[sizes.Length];
        long start = 0L;
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = new TensorValue(input.narrow(axis, start, sizes[i]), type);
            start += sizes[i];
        }
        return parts;

        // The last part is smaller where the axis cannot be split evenly.
        long[] Equal(long count)
        {
            if (count < 1 || count > call.OutputCount) throw call.Error($"has num_outputs {count} and {call.OutputCount} outputs");
            long part = (size + count - 1) / count;
            return Enumerable.Range(0, (int)count).Select(i => Math.Clamp(size - i * part, 0, part)).ToArray();
        }
    }
}

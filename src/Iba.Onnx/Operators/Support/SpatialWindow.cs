using Iba.Torch;

namespace Iba.Onnx;

/// <summary>How a window slides over the spatial dimensions of <c>[N, C, ...]</c>: the geometry that convolutions and pools share.</summary>
internal sealed class SpatialWindow
{
    private SpatialWindow(long[] kernel, long[] strides, long[] dilations)
    {
        (Kernel, Strides, Dilations) = (kernel, strides, dilations);
        (Begin, End, Output) = (new long[kernel.Length], new long[kernel.Length], new long[kernel.Length]);
    }

    public long[] Kernel { get; }

    public long[] Strides { get; }

    public long[] Dilations { get; }

    /// <summary>Padding before the first element of each dimension.</summary>
    public long[] Begin { get; }

    /// <summary>Padding after the last element of each dimension, as the node states it.</summary>
    public long[] End { get; }

    /// <summary>The number of window positions in each dimension.</summary>
    public long[] Output { get; }

    public int Rank => Kernel.Length;

    /// <summary>The extent of a dilated kernel.</summary>
    public long Extent(int dimension) => ((Kernel[dimension] - 1) * Dilations[dimension]) + 1;

    /// <summary>
    /// Reads strides, dilations, pads, auto_pad and ceil_mode. With ceil_mode a last window may reach beyond the padding, but must
    /// start inside the input or the padding before it.
    /// </summary>
    public static SpatialWindow Of(OperatorCall call, long[] inputShape, long[] kernel)
    {
        int rank = inputShape.Length - 2;
        if (rank is < 1 or > 3) throw call.Error($"input 0 has {inputShape.Length} dimensions, but must have 3 to 5");
        if (kernel.Length != rank) throw call.Error($"the kernel has {kernel.Length} dimensions, but input 0 has {rank} spatial ones");
        if (kernel.Any(size => size is < 1 or > int.MaxValue)) throw call.Error($"the kernel's shape {Shapes.Format(kernel)} must be positive");

        var window = new SpatialWindow(
            kernel, call.Ints("strides", rank, otherwise: 1, least: 1), call.Ints("dilations", rank, otherwise: 1, least: 1));
        long[] pads = call.Ints("pads", 2 * rank, otherwise: 0, least: 0);
        string automatic = call.String("auto_pad", "NOTSET");
        for (int dimension = 0; dimension < rank; dimension++)
        {
            window.Place(call, dimension, inputShape[dimension + 2], automatic, pads[dimension], pads[dimension + rank]);
        }

        OperatorLimits.Check(
            call, [.. Enumerable.Range(0, rank).Select(d => inputShape[d + 2] + window.Begin[d] + window.End[d])], inputShape.Product());
        return window;
    }

    /// <summary>Padding in the order that libtorch wants it: last dimension first, before and after.</summary>
    public static long[] TorchOrder(IReadOnlyList<long> begin, IReadOnlyList<long> end)
        => Enumerable.Range(0, begin.Count).Reverse().SelectMany(dimension => new[] { begin[dimension], end[dimension] }).ToArray();

    /// <summary>
    /// What to pad so that the windows fit exactly: it follows from the output's size and may be negative where the last elements
    /// are in no window.
    /// </summary>
    public long[] ExactPadding(long[] inputShape)
    {
        long[] end = Enumerable.Range(0, Rank)
            .Select(d => ((Output[d] - 1) * Strides[d]) + Extent(d) - inputShape[d + 2] - Begin[d]).ToArray();
        return TorchOrder(Begin, end);
    }

    private void Place(OperatorCall call, int dimension, long input, string automatic, long begin, long end)
    {
        // Without meaning, but native kernels multiply with them: the dilation of one element, and a stride beyond the end.
        if (Kernel[dimension] == 1) Dilations[dimension] = 1;
        Strides[dimension] = Math.Min(Strides[dimension], Math.Max(input + begin + end, 1));
        var (stride, extent) = (Strides[dimension], Extent(dimension));
        switch (automatic)
        {
            case "SAME_UPPER" or "SAME_LOWER":
                Output[dimension] = (input + stride - 1) / stride;
                long total = Math.Max(0, ((Output[dimension] - 1) * stride) + extent - input);
                Begin[dimension] = automatic == "SAME_UPPER" ? total / 2 : total - (total / 2);
                End[dimension] = total - Begin[dimension];
                break;
            case "VALID":
                Output[dimension] = input < extent ? 0 : ((input - extent) / stride) + 1;
                break;
            case "NOTSET" or "":
                long steps = input + begin + end - extent;
                Output[dimension] = steps < 0 ? 0 : (steps / stride) + 1;
                if (call.Flag("ceil_mode") && steps >= 0 && steps % stride > 0 && Output[dimension] * stride < input + begin) Output[dimension]++;
                (Begin[dimension], End[dimension]) = (begin, end);
                break;
            default:
                throw call.Error($"auto_pad '{automatic}' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID");
        }

        if (Output[dimension] < 1) throw call.Error($"a window of extent {extent} does not fit into {input} + {begin} + {end} elements");
    }
}

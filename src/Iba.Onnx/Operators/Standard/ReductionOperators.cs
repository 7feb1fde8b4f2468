using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Reductions over axes.</summary>
internal static class ReductionOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddKeepingType("ReduceSum", call => Reduce(call, Sum));
        table.Add("ReduceMean", call => Reduce(call, (x, axes, keep) => InFloats(x, y => y.mean(axes, keep))));
        table.AddKeepingType("ReduceProd", call => Reduce(call, Product));
        table.AddKeepingType("ReduceMax", call => Reduce(call, (x, axes, keep) => Extreme(x, axes, keep, isMax: true)));
        table.AddKeepingType("ReduceMin", call => Reduce(call, (x, axes, keep) => Extreme(x, axes, keep, isMax: false)));
        table.AddKeepingType("ReduceL1", call => Reduce(call, (x, axes, keep) => Sum(x.abs(), axes, keep)));
        // Unlike the root of a sum of squares, libtorch's norm has a finite gradient at zero.
        table.Add("ReduceL2", call => Reduce(call, (x, axes, keep) => InFloats(x, y => linalg.vector_norm(y, 2, axes, keep))));
        table.AddKeepingType("ReduceSumSquare", call => Reduce(call, (x, axes, keep) => Sum(x * x, axes, keep)));
        table.Add("ReduceLogSum", call => Reduce(call, (x, axes, keep) => InFloats(x, y => Sum(y, axes, keep).log())));
        table.Add("ReduceLogSumExp", call => Reduce(call, (x, axes, keep) => InFloats(x, y => LogSumExp(y, axes, keep))));
    }

    /// <summary>Reads the axes (an attribute in old opsets, an input in new ones) and reduces; no axes mean all of them.</summary>
    private static Tensor Reduce(OperatorCall call, Func<Tensor, long[], bool, Tensor> compute)
    {
        var input = call[0];
        long rank = input.dim();
        long[] axes = call.Ints("axes") ?? call.Longs(1) ?? [];
        if (axes.Length > 0)
        {
            return compute(input, axes.Select(axis => (long)call.Axis(axis, rank)).Distinct().ToArray(), call.Flag("keepdims", true));
        }
        if (call.Flag("noop_with_empty_axes"))
        {
            // Each element is reduced by itself: of a new axis of size one. That keeps the squares, logarithms and so on.
            return compute(input.unsqueeze(-1), [rank], false);
        }
        return compute(input, Enumerable.Range(0, (int)rank).Select(axis => (long)axis).ToArray(), call.Flag("keepdims", true));
    }

    private static Tensor Sum(Tensor input, long[] axes, bool keep) => input.sum(axes, keep, input.dtype);

    private static Tensor Product(Tensor input, long[] axes, bool keep)
    {
        var product = axes.Length == 0 ? input.alias() : input;
        foreach (long axis in axes.OrderDescending()) product = product.prod(axis, keep, input.dtype);
        return product;
    }

    private static Tensor LogSumExp(Tensor input, long[] axes, bool keep)
    {
        if (axes.Length == 0) return input.alias();
        var result = input;
        foreach (long axis in axes.OrderDescending()) result = result.logsumexp(axis, keep);
        return result;
    }

    /// <summary>The largest or smallest element; of none it is the end of the type's range, which libtorch refuses to say.</summary>
    private static Tensor Extreme(Tensor input, long[] axes, bool keep, bool isMax)
    {
        long[] shape = input.shape;
        if (axes.Length == 0) return input.alias();
        if (axes.All(axis => shape[axis] > 0)) return isMax ? input.amax(axes, keep) : input.amin(axes, keep);

        foreach (long axis in axes) shape[axis] = 1;
        if (!keep) shape = shape.Where((_, axis) => !axes.Contains(axis)).ToArray();
        if (input.is_floating_point())
        {
            return full(shape, isMax ? double.NegativeInfinity : double.PositiveInfinity, dtype: input.dtype, device: input.device);
        }
        if (input.dtype == ScalarType.Bool) return full(shape, !isMax, dtype: input.dtype, device: input.device);
        var (lowest, highest) = NarrowTypes.Range(NarrowTypes.Of(input.dtype));
        return full(shape, isMax ? lowest : highest, dtype: input.dtype, device: input.device);
    }

    /// <summary>Computes in float64 where the input holds integers, and returns the input's type.</summary>
    private static Tensor InFloats(Tensor input, Func<Tensor, Tensor> compute)
        => input.is_floating_point() ? compute(input) : compute(input.to(ScalarType.Float64)).to(input.dtype);
}

using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Iba.Onnx;

/// <summary>Pad, in all modes, for any rank; negative pads cut off.</summary>
internal static class PadOperators
{
    /// <summary>Above this, float64 (which libtorch takes the value as) cannot hold every integer.</summary>
    private const long LargestExactInteger = 1L << 53;

    public static void Register(OperatorTable table) => table.AddKeepingType("Pad", Pad);

    private static Tensor Pad(OperatorCall call)
    {
        var input = call[0];
        var (before, after) = Widths(call, (int)input.dim());
        long[] shape = input.shape.Select((size, axis) => size + before[axis] + after[axis]).ToArray();
        OperatorLimits.Check(call, shape, input.numel());
        string mode = call.String("mode", "constant");
        if (mode == "constant") return PadWithConstant(call, before, after);

        var result = input;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (before[axis] == 0 && after[axis] == 0) continue;
            long size = input.shape[axis];
            if (size == 0) throw call.Error($"has mode '{mode}' and no elements along axis {axis}");
            long[] positions = new long[shape[axis]];
            for (int i = 0; i < positions.Length; i++) positions[i] = Source(call, mode, i - before[axis], size);
            result = result.index_select(axis, tensor(positions, device: input.device));
        }
        return result;
    }

    /// <summary>How much to add at the start and the end of each axis.</summary>
    private static (long[] Before, long[] After) Widths(OperatorCall call, int rank)
    {
        long[]? pads = call.Opset < 11 ? call.Ints("pads") ?? call.Ints("paddings") : call.Longs(1);
        if (pads is null) throw call.Error("needs pads");
        int[] axes = call.Longs(3)?.Select(axis => call.Axis(axis, rank)).ToArray() ?? Enumerable.Range(0, rank).ToArray();
        if (pads.Length != 2 * axes.Length) throw call.Error($"has {pads.Length} pads for {axes.Length} axes");
        var (before, after) = (new long[rank], new long[rank]);
        for (int i = 0; i < axes.Length; i++)
        {
            before[axes[i]] = Bounded(pads[i]);
            after[axes[i]] = Bounded(pads[axes.Length + i]);
        }
        return (before, after);

        long Bounded(long width) => width is >= -int.MaxValue and <= int.MaxValue ? width : throw call.Error($"has a pad of {width}");
    }

    private static Tensor PadWithConstant(OperatorCall call, long[] before, long[] after)
    {
        var input = call[0];
        // libtorch counts from the last axis.
        long[] widths = Enumerable.Range(0, before.Length).Reverse().SelectMany(axis => new[] { before[axis], after[axis] }).ToArray();
        if (widths.Length == 0) return input;
        if (call.Opset < 11) return F.pad(input, widths, PaddingModes.Constant, call.Float("value", 0));
        if (call.Optional(2) is not { } constant || constant.numel() == 0) return F.pad(input, widths, PaddingModes.Constant, 0);
        if (!input.is_floating_point())
        {
            long value = constant.to(ScalarType.Int64).item<long>();
            bool isExact = value is >= -LargestExactInteger and <= LargestExactInteger;
            if (!isExact) return F.pad(input - value, widths, PaddingModes.Constant, 0) + value;
        }
        return F.pad(input, widths, PaddingModes.Constant, constant.to(ScalarType.Float64).item<double>());
    }

    /// <summary>The element that is repeated at a position outside of <c>[0, size)</c>.</summary>
    private static long Source(OperatorCall call, string mode, long position, long size)
    {
        switch (mode)
        {
            case "edge":
                return Math.Clamp(position, 0, size - 1);
            case "wrap":
                return Modulo(position, size);
            case "reflect":
                if (size == 1) return 0;
                long folded = Modulo(position, 2 * (size - 1));
                return folded < size ? folded : 2 * (size - 1) - folded;
            default:
                throw call.Error($"has mode '{mode}'; constant, reflect, edge and wrap are defined");
        }

        static long Modulo(long number, long divisor) => (number % divisor + divisor) % divisor;
    }
}

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Operators that read or change a tensor's shape and leave its elements alone.</summary>
internal static class ShapeOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddMany("Identity", call => [call.Value(0) ?? throw call.Error("needs input 0")]);
        table.AddMany("Dropout", Dropout);
        table.Add("Shape", Shape);
        table.Add("Size", call => tensor(call[0].numel()));
        table.AddKeepingType("Reshape", Reshape);
        table.AddKeepingType("Flatten", Flatten);
        table.AddKeepingType("Squeeze", Squeeze);
        table.AddKeepingType("Unsqueeze", Unsqueeze);
        table.AddKeepingType("Transpose", Transpose);
        table.AddKeepingType("Expand", Expand);
        table.AddKeepingType("Tile", Tile);
        table.AddKeepingType("Concat", Concat);
    }

    /// <summary>Dropout as in inference: everything passes. A ratio of zero in training does the same.</summary>
    private static OnnxValue[] Dropout(OperatorCall call)
    {
        bool training = call.Opset >= 12 ? call.Optional(2) is { } flag && flag.to(ScalarType.Int64).item<long>() != 0
            : call.Opset < 7 && !call.Flag("is_test");
        double ratio = call.Opset >= 12 ? call.Optional(1)?.to(ScalarType.Float64).item<double>() ?? 0.5 : call.Float("ratio", 0.5f);
        if (call.Opset >= 12 && training && ratio != 0) throw call.Error("is in training mode; only inference is supported");
        return call.WantsOutput(1)
            ? [call.Value(0)!, ones_like(call[0], call.Opset < 10 ? call[0].dtype : ScalarType.Bool)]
            : [call.Value(0)!];
    }

    private static Tensor Shape(OperatorCall call)
    {
        long[] shape = call[0].shape;
        int start = Bound(call.Int("start", 0));
        int end = Bound(call.Int("end", shape.Length));
        return tensor(start < end ? shape[start..end] : []);

        int Bound(long position) => (int)Math.Clamp(position < 0 ? position + shape.Length : position, 0, shape.Length);
    }

    private static Tensor Reshape(OperatorCall call)
    {
        var input = call[0];
        long[] old = input.shape;
        long[] shape = (call.Opset < 5 ? call.Ints("shape") : call.Longs(1))?.ToArray() ?? throw call.Error("needs a shape");
        if (shape.Length > OperatorLimits.MostDimensions) throw call.Error($"asks for {shape.Length} dimensions");
        if (!call.Flag("allowzero"))
        {
            for (int i = 0; i < shape.Length; i++)
            {
                if (shape[i] != 0) continue;
                shape[i] = i < old.Length ? old[i] : throw call.Error($"copies dimension {i} of shape {Shapes.Format(old)}");
            }
        }
        return input.reshape(Infer(call, shape, old));
    }

    /// <summary>Works out a dimension of -1. libtorch refuses to where the tensor is empty, though the standard's answer is 0.</summary>
    private static long[] Infer(OperatorCall call, long[] shape, long[] old)
    {
        int unknown = Array.IndexOf(shape, -1);
        if (shape.Any(size => size < -1) || shape.Count(size => size == -1) > 1) throw Mismatch();
        long elements = old.Aggregate(1L, (product, size) => product * size);
        if (unknown >= 0)
        {
            long known = Product(shape.Where((_, i) => i != unknown));
            shape[unknown] = known == 0 ? 0 : elements % known == 0 ? elements / known : throw Mismatch();
        }
        return Product(shape) == elements ? shape : throw Mismatch();

        long Product(IEnumerable<long> sizes)
        {
            var product = (Int128)1;
            foreach (long size in sizes)
            {
                if (size == 0) return 0;
                product = product * size <= long.MaxValue ? product * size : throw Mismatch();
            }
            return (long)product;
        }

        OnnxFormatException Mismatch()
            => call.Error($"cannot turn shape {Shapes.Format(old)} into {Shapes.Format(shape)}; a network exported for a fixed"
                + " batch may hold that batch size in its reshapes");
    }

    private static Tensor Flatten(OperatorCall call)
    {
        long[] shape = call[0].shape;
        int axis = call.Int("axis", 1) is var wanted && wanted == shape.Length ? shape.Length : call.Axis(wanted, shape.Length);
        return call[0].reshape(Product(shape[..axis]), Product(shape[axis..]));

        static long Product(long[] sizes) => sizes.Aggregate(1L, (product, size) => product * size);
    }

    private static Tensor Squeeze(OperatorCall call)
    {
        long[] shape = call[0].shape;
        var axes = (call.Ints("axes") ?? call.Longs(1))?.Select(axis => call.Axis(axis, shape.Length)).ToHashSet();
        if (axes?.FirstOrDefault(axis => shape[axis] != 1, -1) is { } wrong and >= 0)
        {
            throw call.Error($"cannot squeeze axis {wrong} of shape {Shapes.Format(shape)}");
        }
        return call[0].reshape(shape.Where((size, axis) => axes?.Contains(axis) != true && (axes != null || size != 1)).ToArray());
    }

    private static Tensor Unsqueeze(OperatorCall call)
    {
        long[] axes = call.Ints("axes") ?? call.Longs(1) ?? throw call.Error("needs axes");
        long rank = call[0].dim() + axes.Length;
        if (rank > OperatorLimits.MostDimensions) throw call.Error($"makes a tensor of {rank} dimensions");
        int[] places = axes.Select(axis => call.Axis(axis, rank)).Order().ToArray();
        if (places.Distinct().Count() != places.Length) throw call.Error($"names an axis twice: {Shapes.Format(axes)}");
        var result = call[0];
        foreach (int place in places) result = result.unsqueeze(place);
        return result;
    }

    private static Tensor Transpose(OperatorCall call)
    {
        int rank = (int)call[0].dim();
        long[] order = call.Ints("perm") ?? Enumerable.Range(1, rank).Select(i => (long)(rank - i)).ToArray();
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(axis => (long)axis)))
        {
            throw call.Error($"has permutation {Shapes.Format(order)} for {rank} dimensions");
        }
        return call[0].permute(order);
    }

    private static Tensor Expand(OperatorCall call)
    {
        var input = call[0];
        long[] shape = Broadcasting.Shape(call, input.shape, call.Longs(1) ?? throw call.Error("needs a shape"));
        return input.expand(OperatorLimits.Check(call, shape, input.numel()));
    }

    private static Tensor Tile(OperatorCall call)
    {
        var input = call[0];
        long[] repeats = call.Opset < 6 ? RepeatsOfOne() : call.Longs(1) ?? throw call.Error("needs repeats");
        long[] old = input.shape;
        if (repeats.Length != old.Length) throw call.Error($"has {repeats.Length} repeats for {old.Length} dimensions");
        long[] shape = old.Select((size, axis) => Math.BigMul(size, repeats[axis]) is var product && product <= long.MaxValue && product >= 0
            ? (long)product
            : throw call.Error($"repeats axis {axis} {repeats[axis]} times")).ToArray();
        OperatorLimits.Check(call, shape, input.numel());
        return input.repeat(repeats);

        // Opset 1: so many tiles along one axis.
        long[] RepeatsOfOne()
        {
            long[] result = Enumerable.Repeat(1L, (int)input.dim()).ToArray();
            result[call.Axis(call.Longs(2)![0], result.Length)] = call.Longs(1)![0];
            return result;
        }
    }

    private static Tensor Concat(OperatorCall call)
    {
        var parts = call.Tensors();
        if (parts.Length == 0) throw call.Error("has no inputs");
        return Join(call, parts, call.Int("axis", 1));
    }

    /// <summary>Tensors side by side along an axis.</summary>
    public static Tensor Join(OperatorCall call, Tensor[] parts, long axis)
    {
        long[] shape = parts[0].shape;
        int place = call.Axis(axis, shape.Length);
        foreach (var part in parts)
        {
            long[] other = part.shape;
            if (other.Length != shape.Length || other.Where((size, i) => i != place && size != shape[i]).Any())
            {
                throw call.Error($"cannot join shapes {Shapes.Format(shape)} and {Shapes.Format(other)} along axis {axis}");
            }
        }
        var device = parts.FirstOrDefault(part => part.device_type != TorchSharp.DeviceType.CPU)?.device;
        return cat(device is null ? parts : parts.Select(part => part.to(device)).ToArray(), place);
    }
}

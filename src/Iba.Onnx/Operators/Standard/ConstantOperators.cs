using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>Operators that make tensors from attributes and sizes.</summary>
internal static class ConstantOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddMany("Constant", call => [Constant(call)]);
        table.AddMany("ConstantOfShape", call => [ConstantOfShape(call)]);
        table.AddKeepingType("Range", Range);
        table.AddMany("EyeLike", call => [EyeLike(call)]);
        table.AddKeepingType("OneHot", OneHot, input: 2);
        table.AddKeepingType("Trilu", Trilu);
    }

    private static TensorValue Constant(OperatorCall call)
    {
        var attribute = call.Node.Attribute.FirstOrDefault(attribute => attribute.Name.Length > 0) ?? throw call.Error("has no value");
        return attribute.Name switch
        {
            "value" when attribute.T is { } value => TensorReader.ReadValue(value, "constant"),
            "sparse_value" when attribute.SparseTensor is { } value => new TensorValue(TensorReader.ReadSparse(value, "constant")),
            "value_float" => new TensorValue(tensor(attribute.F)),
            "value_floats" => new TensorValue(tensor(attribute.Floats.ToArray())),
            "value_int" => new TensorValue(tensor(attribute.I)),
            "value_ints" => new TensorValue(tensor(attribute.Ints.ToArray())),
            _ => throw call.Error($"has its value in attribute '{attribute.Name}', which is not supported"),
        };
    }

    private static TensorValue ConstantOfShape(OperatorCall call)
    {
        long[] shape = OperatorLimits.Check(call, call.Longs(0) ?? throw call.Error("needs a shape"));
        if (call.Attribute("value")?.T is not { } proto) return new TensorValue(zeros(shape));
        var value = TensorReader.ReadValue(proto, "constant");
        if (value.Tensor.numel() != 1) throw call.Error($"needs a single value, not {value.Tensor.numel()}");
        return value with { Tensor = value.Tensor.reshape([]).expand(shape).contiguous() };
    }

    private static Tensor Range(OperatorCall call)
    {
        var (start, limit, delta) = (call[0], call[1], call[2]);
        if (start.numel() != 1 || limit.numel() != 1 || delta.numel() != 1) throw call.Error("needs three single numbers");
        if (start.is_floating_point())
        {
            var (first, last, step) = (Number(start), Number(limit), Number(delta));
            double count = Math.Ceiling((last - first) / step);
            return double.IsFinite(count) && step != 0 && count <= OperatorLimits.MostElements
                ? (arange(Math.Max((long)count, 0), ScalarType.Float64) * step + first).to(start.dtype)
                : throw call.Error($"goes from {first} to {last} in steps of {step}");
        }
        else
        {
            var (first, last, step) = (call.Longs(0)![0], call.Longs(1)![0], call.Longs(2)![0]);
            if (step == 0) throw call.Error("has a step of 0");
            var count = Int128.Max(((Int128)last - first + step - Math.Sign(step)) / step, 0);
            if (count > OperatorLimits.MostElements) throw call.Error($"goes from {first} to {last} in steps of {step}");
            return (arange((long)count, ScalarType.Int64) * step + first).to(start.dtype);
        }

        static double Number(Tensor number) => number.to(ScalarType.Float64).item<double>();
    }

    private static TensorValue EyeLike(OperatorCall call)
    {
        var (input, type) = (call[0], (ElementType)call.Int("dtype", (long)call.ElementType(0)));
        if (input.dim() != 2) throw call.Error($"needs a matrix, not {input.dim()} dimensions");
        var storage = ElementTypes.Storage(type) ?? throw call.Error($"makes elements of type {type}, which is not supported");
        var rows = arange(input.shape[0], ScalarType.Int64, input.device).unsqueeze(1);
        var columns = arange(input.shape[1], ScalarType.Int64, input.device);
        return NarrowTypes.As((columns - rows).eq(call.Int("k", 0)).to(storage), type);
    }

    /// <summary>One more axis, which holds the second value at the index and the first elsewhere; the first alone for an index out of range.</summary>
    private static Tensor OneHot(OperatorCall call)
    {
        var (indices, values) = (call[0], call[2]);
        long depth = call.Longs(1) is [var number] && number >= 0 ? number : throw call.Error("needs one depth, not negative");
        if (values.numel() != 2) throw call.Error($"needs two values, not {values.numel()}");
        int axis = call.Axis(call.Int("axis", -1), indices.dim() + 1);
        var shape = indices.shape.ToList();
        shape.Insert(axis, depth);
        OperatorLimits.Check(call, shape.ToArray(), indices.numel());

        var places = indices.to(ScalarType.Int64);
        places = where(places.lt(0), places + depth, places).unsqueeze(axis);
        var counts = Broadcasting.Before(arange(depth, ScalarType.Int64, indices.device), indices.dim() - axis);
        var pair = values.reshape(2).to(indices.device);
        return where(places.eq(counts), pair[1], pair[0]);
    }

    private static Tensor Trilu(OperatorCall call)
    {
        var input = call[0];
        if (input.dim() < 2) throw call.Error($"needs matrices, not {input.dim()} dimensions");
        long farthest = input.shape[^1] + input.shape[^2];
        long diagonal = Math.Clamp(call.Longs(1) is [var number, ..] ? number : 0, -farthest, farthest);
        return call.Flag("upper", true) ? input.triu(diagonal) : input.tril(diagonal);
    }
}

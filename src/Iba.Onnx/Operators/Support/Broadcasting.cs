using Iba.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>The operands of element-wise operators: shapes that broadcast to a bounded size, on one device.</summary>
internal static class Broadcasting
{
    /// <summary>The first two inputs. Before opset 7 the second one's dimensions could be placed by an attribute <c>axis</c>.</summary>
    public static (Tensor Left, Tensor Right) Operands(OperatorCall call)
    {
        var (left, right) = (call[0], call[1]);
        if (call.Opset < 7 && call.Flag("broadcast") && call.Has("axis"))
        {
            long trailing = left.dim() - call.Axis(call.Int("axis", 0), left.dim()) - right.dim();
            if (trailing > 0) right = right.reshape([.. right.shape, .. Enumerable.Repeat(1L, (int)trailing)]);
        }
        return Operands(call, left, right);
    }

    /// <summary>Two operands whose shapes broadcast, on one device (an accelerator, where either lies on one).</summary>
    public static (Tensor Left, Tensor Right) Operands(OperatorCall call, Tensor left, Tensor right)
    {
        var (leftElements, rightElements) = (left.numel(), right.numel());
        // Where even an outer product is small, libtorch may find shapes that do not broadcast: asking for shapes costs as much as adding.
        if (leftElements != 1 && rightElements != 1 && Math.BigMul(leftElements, rightElements) > OperatorLimits.MostElements)
        {
            OperatorLimits.Check(call, Shape(call, left.shape, right.shape), Math.Max(leftElements, rightElements));
        }
        if (left.device_type == right.device_type) return (left, right);
        return left.device_type == DeviceType.CPU ? (left.to(right.device), right) : (left, right.to(left.device));
    }

    /// <summary>A vector as <c>[n, 1, ..., 1]</c>, which broadcasts along an axis that has so many others after it.</summary>
    public static Tensor Before(Tensor vector, long axesAfter) => vector.reshape([-1, .. Enumerable.Repeat(1L, (int)axesAfter)]);

    /// <summary>The shape that two shapes broadcast to.</summary>
    public static long[] Shape(OperatorCall call, ReadOnlySpan<long> left, ReadOnlySpan<long> right)
    {
        long[] shape = new long[Math.Max(left.Length, right.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            long a = i <= left.Length ? left[^i] : 1;
            long b = i <= right.Length ? right[^i] : 1;
            if (a != b && a != 1 && b != 1)
            {
                throw call.Error($"has operands of shapes {Shapes.Format(left.ToArray())} and {Shapes.Format(right.ToArray())},"
                    + " which do not broadcast");
            }
            shape[^i] = a == 1 ? b : a;
        }
        return shape;
    }
}

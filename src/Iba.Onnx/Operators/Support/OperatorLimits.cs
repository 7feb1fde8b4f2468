using Iba.Torch;

namespace Iba.Onnx;

/// <summary>Bounds that keep a hostile or broken file from asking for absurd amounts of memory or time.</summary>
internal static class OperatorLimits
{
    /// <summary>The most elements of a tensor that an operator makes larger than its inputs (1 GiB of float32).</summary>
    public const long MostElements = 1L << 28;

    /// <summary>A tensor may also grow to this multiple of what came in: large batches are the caller's choice.</summary>
    public const long MostGrowth = 16;

    /// <summary>The most dimensions of a tensor.</summary>
    public const int MostDimensions = 32;

    /// <summary>The most iterations of a loop, those of loops inside it included.</summary>
    public const int MostIterations = 100_000;

    /// <summary>Checks the shape of a tensor that is about to be made.</summary>
    /// <param name="call">The operator that makes it.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="inputElements">The number of elements it is made from.</param>
    /// <returns>The shape.</returns>
    public static long[] Check(OperatorCall call, long[] shape, long inputElements = 0)
    {
        if (shape.Length > MostDimensions) throw call.Error($"makes a tensor of {shape.Length} dimensions; at most {MostDimensions} are supported");
        long elements = 1L;
        bool isEmpty = false;
        foreach (long size in shape)
        {
            if (size < 0) throw call.Error($"makes a tensor of shape {Shapes.Format(shape)}, which has a negative size");
            isEmpty |= size == 0;
            elements = size == 0 ? elements : elements > long.MaxValue / size ? long.MaxValue : elements * size;
        }
        long most = Math.Max(MostElements, inputElements > long.MaxValue / MostGrowth ? long.MaxValue : inputElements * MostGrowth);
        if (!isEmpty && elements > most)
        {
            throw call.Error($"makes a tensor of shape {Shapes.Format(shape)}; at most {most} elements are allowed here");
        }
        if (!isEmpty && elements > inputElements && call.Budget?.Exceeds(elements) == true)
        {
            throw call.Budget.Error(call, $"makes a tensor of shape [{string.Join(", ", shape)}]");
        }
        return shape;
    }
}

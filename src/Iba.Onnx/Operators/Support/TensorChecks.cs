using Iba.Torch;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>Checks that operators make before they hand tensors to libtorch, which may abort the process or exhaust memory otherwise.</summary>
internal static class TensorChecks
{
    /// <summary>Fails unless the tensor's rank lies within the range.</summary>
    public static torch.Tensor WithRank(this OperatorCall call, int input, int least, int most = int.MaxValue)
    {
        var tensor = call[input];
        if (tensor.dim() >= least && tensor.dim() <= most) return tensor;
        string allowed = most == least ? $"{least}" : most == int.MaxValue ? $"at least {least}" : $"{least} to {most}";
        throw call.Error($"input {input} has shape {tensor.ShapeText()}, but its rank must be {allowed}");
    }

    /// <summary>Fails unless the tensor has exactly this shape.</summary>
    public static void CheckShape(this OperatorCall call, string what, torch.Tensor tensor, params long[] expected)
    {
        if (!tensor.shape.AsSpan().SequenceEqual(expected))
            throw call.Error($"{what} has shape {tensor.ShapeText()} where {Shapes.Format(expected)} is needed");
    }

    /// <summary>An integer-list attribute of a known length, with a default for every entry and a smallest value.</summary>
    public static long[] Ints(this OperatorCall call, string name, int length, long otherwise, long least)
    {
        long[]? values = call.Ints(name);
        if (values is null || values.Length == 0) return Repeated(otherwise, length);
        if (values.Length != length) throw call.Error($"attribute '{name}' has {values.Length} entries, but needs {length}");
        foreach (long value in values)
        {
            // Beyond 32 bits libtorch's kernels compute wrong places.
            if (value < least || value > int.MaxValue) throw call.Error($"attribute '{name}' holds {value}, but must lie in [{least}, {int.MaxValue}]");
        }

        return values;
    }

    public static string ShapeText(this torch.Tensor tensor) => Shapes.Format(tensor.shape);

    public static long[] Repeated(long value, int count)
    {
        long[] values = new long[count];
        Array.Fill(values, value);
        return values;
    }

    public static long Product(this ReadOnlySpan<long> sizes)
    {
        long product = 1L;
        foreach (long size in sizes) product *= size;
        return product;
    }

    public static long Product(this long[] sizes) => Product(sizes.AsSpan());
}

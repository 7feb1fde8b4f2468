using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Arrays that a reference implementation wrote, see Assets/SOURCES.md.</summary>
internal static class ReferenceFile
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Assets", "attribution", name);

    /// <summary>float32, row-major.</summary>
    public static Tensor Read(string name, params long[] shape)
    {
        byte[] bytes = File.ReadAllBytes(PathOf(name));
        Assert.Equal(sizeof(float) * shape.Aggregate(1L, (product, size) => product * size), bytes.LongLength);
        var tensor = empty(shape, dtype: float32);
        tensor.bytes = bytes;
        return tensor;
    }

    /// <summary>The largest absolute difference.</summary>
    public static double Difference(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        return (expected.to(float64) - actual.to(float64)).abs().max().item<double>();
    }

    /// <summary>The norm of the difference, as a share of the norm of what is expected.</summary>
    public static double RelativeDifference(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        return ((expected.to(float64) - actual.to(float64)).square().sum().sqrt() / expected.to(float64).square().sum().sqrt()).item<double>();
    }
}

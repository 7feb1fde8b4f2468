using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class MemoryTests
{
    [Theory]
    [InlineData("Relu", 1L << 48, 1)]
    [InlineData("MatMul", 1L << 44, 32)] // Its binding would end the process.
    public void A_lack_of_memory_is_an_exception(string name, long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var huge = zeros(1).expand(rows, 2);
        var error = Assert.ThrowsAny<Exception>(() => Node.Run(name, 17, name == "MatMul" ? [huge, zeros(2, columns)] : [huge]));
        Assert.True(NativeError.IsOutOfMemory(error), error.ToString());
        Assert.True(NativeError.IsOutOfMemory(new OnnxFormatException("Node 'a' failed", error)));
        Assert.False(NativeError.IsOutOfMemory(new OnnxFormatException("Node 'a' failed", new FormatException("out of memory"))));
    }
}

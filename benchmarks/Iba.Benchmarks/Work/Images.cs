using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>Made-up images: speed does not depend on what they show.</summary>
internal static class Images
{
    /// <summary>Standard normal pixels, <c>[count, 3, size, size]</c>, always the same.</summary>
    public static Tensor Random(int count, int size)
    {
        using var generator = new Generator(1);
        return randn([count, 3, size, size], generator: generator);
    }

    /// <summary>The tensor with its channels last in memory.</summary>
    public static Tensor ChannelsLast(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}

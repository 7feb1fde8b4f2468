using Iba.MLNet;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>Images as networks take them.</summary>
internal static class Images
{
    /// <summary>Made-up images, as speed does not depend on what they show: standard normal pixels, always the same.</summary>
    /// <returns><c>[count, 3, size, size]</c>.</returns>
    public static Tensor Random(int count, int size, Device? device = null)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        return randn([count, 3, size, size], generator: generator).to(device ?? CPU).MoveToOuterDisposeScope();
    }

    /// <summary>The first photographs, prepared for EfficientNet-Lite0.</summary>
    /// <returns><c>[count, 3, 224, 224]</c>.</returns>
    public static Tensor Photos(int count)
    {
        using var scope = NewDisposeScope();
        return stack(Assets.Photos().Take(count).Select(Prepare)).MoveToOuterDisposeScope();
    }

    /// <summary>A photograph, prepared for EfficientNet-Lite0.</summary>
    /// <returns><c>[3, 224, 224]</c>.</returns>
    public static Tensor Prepare(string file)
    {
        var preprocessing = ImagePreprocessing.EfficientNetLite;
        var (width, height) = preprocessing.Size!.Value;
        return tensor(preprocessing.Apply(RgbImage.Load(file)), [3, height, width]);
    }

    /// <summary>The tensor with its channels last in memory.</summary>
    public static Tensor ChannelsLast(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}

using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>A convolution that keeps the processor's arithmetic busy: what a tail could reach at best.</summary>
internal static class LargeConvolution
{
    private const long Batch = 10, Channels = 256, Size = 56, Window = 3;

    public const string Name = "large convolution";

    public const double GigaFlop = 2e-9 * Batch * Size * Size * Channels * Channels * Window * Window;

    public static void Run(Laps laps)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var images = Images.ChannelsLast(ones(Batch, Channels, Size, Size));
        var weight = Images.ChannelsLast(ones(Channels, Channels, Window, Window));
        laps.Time(Name, () => nn.functional.conv2d(images, weight, padding: [1, 1]));
    }
}

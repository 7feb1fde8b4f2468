using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>The noise that the reference drew, <c>[T, K, C, H, W]</c>.</summary>
internal sealed class RecordedNoise(Tensor noise) : NoiseSource
{
    public override Tensor Draw(int step, int copies, ReadOnlySpan<long> row, int channelDimension, ScalarType type, Device device, bool channelsLast = false)
    {
        Assert.Equal([copies, .. row.ToArray()], noise.shape[1..]);
        return noise[step].unsqueeze(0).to(type, device);
    }
}

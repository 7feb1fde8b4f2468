using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Noise out of a file, other for each row: <c>[N, K, ...]</c>, all of it in one step.</summary>
internal sealed class RecordedNoise(Tensor noise) : NoiseSource
{
    public override Tensor Draw(
        int step, int copies, ReadOnlySpan<long> row, int channelDimension, ScalarType type, Device device, bool channelsLast = false)
    {
        Assert.Equal((0, noise.shape[1]), (step, copies));
        return noise.alias();
    }
}

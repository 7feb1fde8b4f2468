using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Masks out of a file, <c>[K, H, W]</c>.</summary>
internal sealed class RecordedMasks(Tensor masks) : RiseMasks(cells: 8, keep: 0.5, seed: 0)
{
    public override Tensor Make(int first, int count, long[] size)
    {
        Assert.Equal(masks.shape[1..], size);
        return masks.narrow(0, first, count);
    }
}

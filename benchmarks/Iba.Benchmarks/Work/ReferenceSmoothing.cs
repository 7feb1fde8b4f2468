using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>The mask's smoothing as the reference implementation computes it: reflection padding and a depthwise 2-D convolution.</summary>
internal sealed class ReferenceSmoothing : IDisposable
{
    private readonly Tensor _kernel;
    private readonly long _channels;
    private readonly long _reach;

    public ReferenceSmoothing(long channels, double sigma, Device device)
    {
        using var scope = NewDisposeScope();
        _channels = channels;
        _reach = (long)Math.Round(2 * sigma, MidpointRounding.ToEven);
        var line = arange(-_reach, _reach + 1, dtype: float32).square().div(-2 * sigma * sigma).exp();
        var square = line.unsqueeze(0) * line.unsqueeze(1);
        _kernel = (square / square.sum()).expand(channels, 1, -1, -1).contiguous().to(device).DetachFromDisposeScope();
    }

    public Tensor Apply(Tensor mask)
    {
        var padded = nn.functional.pad(mask, [_reach, _reach, _reach, _reach], PaddingModes.Reflect);
        return nn.functional.conv2d(padded, _kernel, groups: _channels);
    }

    public void Dispose() => _kernel.Dispose();
}

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>Paired noise of one seed, of which a single step is drawn from another: what then moves is that step's.</summary>
/// <param name="step">The step that is drawn anew.</param>
/// <param name="draw">Which draw of it; each is another.</param>
internal sealed class OneStepRedrawn(int step, int draw) : NoiseSource
{
    private readonly SeededNoise _others = new(seed: 0, NoiseKind.Paired);
    private readonly SeededNoise _redrawn = new(seed: 1 + draw, NoiseKind.Paired);

    public override Tensor Draw(int index, int copies, ReadOnlySpan<long> row, int channelDimension, ScalarType type, Device device, bool channelsLast = false)
        => (index == step ? _redrawn : _others).Draw(index, copies, row, channelDimension, type, device, channelsLast);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _others.Dispose();
            _redrawn.Dispose();
        }

        base.Dispose(disposing);
    }
}

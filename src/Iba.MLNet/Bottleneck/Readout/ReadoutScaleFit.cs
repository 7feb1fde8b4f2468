using Iba.Torch;

namespace Iba.MLNet;

/// <summary>Measures the layers that a readout reads, beside the bottleneck's.</summary>
/// <param name="layerFit">Measures the bottleneck's layer; owned by the caller.</param>
/// <param name="cut">The network, cut; owned by the caller.</param>
/// <param name="look">The first look at the bottleneck's layer.</param>
internal sealed class ReadoutScaleFit(StatisticsFit layerFit, ReadoutCut cut, LayerLook look) : IRowFit, IDisposable
{
    private ReadoutScaleAccumulator? _scale;

    /// <inheritdoc/>
    public bool IsPrepared => layerFit.IsPrepared;

    /// <inheritdoc/>
    public long Rows => layerFit.Rows;

    /// <inheritdoc/>
    public InputLayout Layout => layerFit.Layout;

    /// <inheritdoc/>
    public void Prepare(Activation activation, InputBatch batch) => layerFit.Prepare(activation, batch);

    /// <inheritdoc/>
    public void Add(Activation activation, InputBatch batch)
    {
        int channels = look.Facts.ChannelDimension;
        _scale ??= new ReadoutScaleAccumulator(cut, channels);
        _scale.Add((ReadoutActivation)activation, SequenceMask.Of(batch.Exists, activation.Features, channels));
        layerFit.Add(activation, batch);
    }

    /// <summary>What was measured; disposed by the caller.</summary>
    public ReadoutScale ToScale() => _scale!.ToScale();

    /// <inheritdoc/>
    public void Dispose() => _scale?.Dispose();
}

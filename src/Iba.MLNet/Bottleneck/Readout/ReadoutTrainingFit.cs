using Iba.Torch;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>One epoch of a readout's training.</summary>
/// <param name="training">Learns from the rows.</param>
/// <param name="look">The first look at the bottleneck's layer.</param>
internal sealed class ReadoutTrainingFit(ReadoutTraining training, LayerLook look) : IRowFit
{
    /// <inheritdoc/>
    public bool IsPrepared => true;

    /// <inheritdoc/>
    public bool TakesSingleRows => true;

    /// <inheritdoc/>
    public long Rows { get; private set; }

    /// <inheritdoc/>
    public InputLayout Layout => look.Layout;

    /// <inheritdoc/>
    public void Prepare(Activation activation, InputBatch batch)
    {
    }

    /// <inheritdoc/>
    public void Add(Activation activation, InputBatch batch)
    {
        using var scope = torch.NewDisposeScope();
        var label = batch.Targets[0] is { } target ? torch.tensor(new[] { target }) : null;
        training.Learn((ReadoutActivation)activation, label, SequenceMask.Of(batch.Exists, activation.Features, look.Facts.ChannelDimension), Rows);
        Rows++;
    }
}

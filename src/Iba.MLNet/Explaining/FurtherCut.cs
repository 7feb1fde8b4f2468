using Iba.Torch;

namespace Iba.MLNet;

/// <summary>A lane's cut at a further layer.</summary>
/// <param name="layer">The layer.</param>
/// <param name="split">The network, cut there. Owned.</param>
/// <param name="output">What the network's outputs are.</param>
internal sealed class FurtherCut(FurtherLayer layer, SplitNetwork split, OutputKind output) : IDisposable
{
    private readonly TailClassifier _classifier = new(split, output);

    /// <summary>Whether there can be others on other threads.</summary>
    public bool CanFork => split.CanFork && layer.Method.CanRunInParallel;

    /// <summary>The same for another thread.</summary>
    public FurtherCut Fork() => new(layer, split.Fork(), output);

    /// <summary>Explains the rows of a pass; what is found belongs to the dispose scope around the call.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="request">What is asked at the first layer.</param>
    /// <param name="checkAlive">Called between steps; throws when the work is cancelled.</param>
    public Attribution Explain(InputBatch batch, AttributionRequest request, Action checkAlive)
    {
        using var activation = split.Head(batch.Inputs);
        var here = request.At(layer.ChannelDimension, SequenceMask.Of(batch.Exists, activation.Features, layer.ChannelDimension));
        return layer.Method.ExplainPass(split, activation, here, _classifier, checkAlive, CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Dispose() => split.Dispose();
}

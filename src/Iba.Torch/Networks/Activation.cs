using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// What <see cref="SplitNetwork.Head"/> computed for a batch: the features at the layer, and what the tail reads beside them.
/// </summary>
public class Activation : IDisposable
{
    /// <summary>Takes ownership of the tensors: they are detached from the dispose scope around the call.</summary>
    /// <param name="features">The layer's output, <c>[N, ...]</c>.</param>
    /// <param name="context">What the tail reads beside the features, each <c>[N, ...]</c>, for example an attention mask.</param>
    public Activation(Tensor features, IReadOnlyList<Tensor> context)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(context);
        Features = features.DetachFromDisposeScope();
        Context = context.Select(tensor => tensor.DetachFromDisposeScope()).ToArray();
    }

    /// <summary>The layer's output, <c>[N, C, H, W]</c>, <c>[N, C, L]</c>, <c>[N, T, D]</c> or <c>[N, C]</c>, without gradient.</summary>
    public Tensor Features { get; }

    /// <summary>What the tail reads beside the features, one row for each row of <see cref="Features"/>; often empty.</summary>
    public IReadOnlyList<Tensor> Context { get; }

    /// <summary>The number of rows, N.</summary>
    public long Rows => Features.shape[0];

    /// <summary>What the whole network returned for the rows, where the head came to its end; null: the tail has to be run.</summary>
    internal virtual Tensor? Output => null;

    /// <summary>A part of the batch, to be disposed by the caller.</summary>
    /// <param name="start">The first row, 0 to <see cref="Rows"/> - 1.</param>
    /// <param name="count">The number of rows, at least 1.</param>
    public virtual Activation Slice(long start, long count)
        => new(Features.narrow(0, start, count), Context.Select(tensor => tensor.narrow(0, start, count)).ToArray());

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes the tensors; a derived class that keeps more adds it here.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        Features.Dispose();
        foreach (var tensor in Context) tensor.Dispose();
    }
}

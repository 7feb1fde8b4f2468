namespace Iba.Torch;

/// <summary>The one lane of rows whose head has already run.</summary>
internal sealed class ActivationLane(PassMemory memory) : ILane<ActivationLane>
{
    /// <inheritdoc/>
    public double BytesPerRow { get; private set; }

    /// <summary>Takes note of how large the rows to come are.</summary>
    public void Weigh(Activation activation) => BytesPerRow = memory.BytesPerRowOrInfinity(activation);

    /// <inheritdoc/>
    public ActivationLane? Fork() => null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

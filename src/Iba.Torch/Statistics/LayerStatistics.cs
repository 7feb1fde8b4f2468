using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Mean, standard deviation and activity of a layer, over many images (Schulz et al. 2020, section 3.1).</summary>
public sealed class LayerStatistics : IDisposable
{
    /// <summary>Takes ownership of the tensors (detached from the dispose scope around the call).</summary>
    public LayerStatistics(Tensor mean, Tensor std, Tensor active, long count, bool perChannel, int channelDimension)
    {
        Mean = mean.DetachFromDisposeScope();
        Std = std.DetachFromDisposeScope();
        Active = active.DetachFromDisposeScope();
        Count = count;
        PerChannel = perChannel;
        ChannelDimension = channelDimension;
    }

    /// <summary>float32, the shape of one row of features, for example <c>[C, H, W]</c>; per channel <c>[C, 1, 1]</c> or <c>[1, D]</c>.</summary>
    public Tensor Mean { get; }

    /// <summary>float32, the shape of <see cref="Mean"/>; divisor n - 1; not clamped.</summary>
    public Tensor Std { get; }

    /// <summary>bool, the shape of <see cref="Mean"/>: neurons that are not zero in more than the threshold's share of rows.</summary>
    public Tensor Active { get; }

    /// <summary>The number of rows measured.</summary>
    public long Count { get; }

    /// <summary>Whether the statistics are per channel over all positions, instead of per neuron.</summary>
    public bool PerChannel { get; }

    /// <summary>The dimension of the channels in <c>[N, ...]</c> features: 1 for <c>[N, C, H, W]</c>, <c>[N, C, L]</c>, <c>[N, C]</c>; 2 for <c>[N, T, D]</c>.</summary>
    public int ChannelDimension { get; }

    /// <summary>Writes the statistics; left open.</summary>
    public void Save(BinaryWriter writer) => throw new NotImplementedException();

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are no statistics.</exception>
    public static LayerStatistics Load(BinaryReader reader) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        Std.Dispose();
        Active.Dispose();
    }
}

using System.Text;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Mean, standard deviation and activity of a layer, over many images (Schulz et al. 2020, section 3.1).</summary>
public sealed class LayerStatistics : IDisposable
{
    /// <summary>Means and deviations are smaller than this: their squares can be computed with in float32.</summary>
    internal const float LargestValue = 1e18f;

    private const uint Magic = 0x53414249; // "IBAS"
    private const int Version = 1;

    /// <summary>Takes ownership of the tensors (detached from the dispose scope around the call).</summary>
    /// <param name="mean">float32, the shape of one row of features, or per channel <c>[C, 1, 1]</c>, <c>[1, D]</c>.</param>
    /// <param name="std">float32, the shape of <paramref name="mean"/>, not negative.</param>
    /// <param name="active">bool, the shape of <paramref name="mean"/>.</param>
    /// <param name="count">The number of rows measured.</param>
    /// <param name="perChannel">Whether the statistics are per channel.</param>
    /// <param name="channelDimension">The dimension of the channels in <c>[N, ...]</c> features; 0: there are none, and each value is a position.</param>
    /// <exception cref="ArgumentException">Types, shapes or the channel dimension do not fit together.</exception>
    public LayerStatistics(Tensor mean, Tensor std, Tensor active, long count, bool perChannel, int channelDimension)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(std);
        ArgumentNullException.ThrowIfNull(active);
        if (mean.dtype != ScalarType.Float32 || std.dtype != ScalarType.Float32 || active.dtype != ScalarType.Bool)
        {
            throw new ArgumentException(
                $"Statistics of types {mean.dtype}, {std.dtype}, {active.dtype}; expected Float32, Float32, Bool.", nameof(mean));
        }

        if (!std.shape.SequenceEqual(mean.shape) || !active.shape.SequenceEqual(mean.shape))
        {
            throw new ArgumentException(
                $"Mean is {Shapes.Format(mean.shape)}, deviation {Shapes.Format(std.shape)}, activity {Shapes.Format(active.shape)}; " +
                "all three have one shape.",
                nameof(std));
        }

        if (channelDimension < (perChannel ? 1 : 0) || channelDimension > mean.dim())
        {
            throw new ArgumentOutOfRangeException(
                nameof(channelDimension),
                channelDimension,
                $"Rows of shape {Shapes.Format(mean.shape)} have channel dimensions 1 to {mean.dim()}{(perChannel ? "" : ", or 0: none")}.");
        }

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

    /// <summary>
    /// The dimension of the channels in <c>[N, ...]</c> features: 1 for <c>[N, C, H, W]</c>, <c>[N, C, L]</c>, <c>[N, C]</c>; 2 for
    /// <c>[N, T, D]</c>; 0 for features without channels, whose every value is a position, as the columns of a table <c>[N, F]</c>.
    /// </summary>
    public int ChannelDimension { get; }

    /// <summary>A copy on a device, to be disposed by the caller.</summary>
    /// <param name="device">The device of the features that the statistics will meet.</param>
    public LayerStatistics To(Device device)
    {
        using var scope = NewDisposeScope();
        return new LayerStatistics(Copy(Mean), Copy(Std), Copy(Active), Count, PerChannel, ChannelDimension);

        Tensor Copy(Tensor tensor) => tensor.to(device, copy: true);
    }

    /// <summary>The same numbers for another owner, without a copy of them; to be disposed by the caller.</summary>
    internal LayerStatistics Share() => new(Mean.alias(), Std.alias(), Active.alias(), Count, PerChannel, ChannelDimension);

    /// <summary>Writes the statistics, bit by bit.</summary>
    /// <param name="stream">Where to write; left open.</param>
    public void Save(Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        Save(writer);
    }

    /// <inheritdoc cref="Save(Stream)"/>
    /// <param name="writer">Where to write; left open.</param>
    public void Save(BinaryWriter writer)
    {
        // *** Binary format ***
        // uint32: magic; int32: version
        // bool: per channel; int32: channel dimension; int64: rows
        // int32: rank; int64 x rank: shape
        // float32 x elements: mean; float32 x elements: std; byte x elements: active
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(PerChannel);
        writer.Write(ChannelDimension);
        writer.Write(Count);
        Shapes.Write(writer, Mean.shape);
        StatisticsStream.Write(writer, Mean);
        StatisticsStream.Write(writer, Std);
        StatisticsStream.Write(writer, Active);
    }

    /// <summary>Reads what <see cref="Save(Stream)"/> wrote, onto the CPU.</summary>
    /// <param name="stream">Where to read; left open.</param>
    /// <exception cref="InvalidDataException">The bytes are no statistics, or of a newer version.</exception>
    public static LayerStatistics Load(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        return Load(reader);
    }

    /// <inheritdoc cref="Load(Stream)"/>
    /// <param name="reader">Where to read; left open.</param>
    /// <exception cref="InvalidDataException">The bytes are no statistics, or of a newer version.</exception>
    public static LayerStatistics Load(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        try
        {
            StatisticsStream.ReadHeader(reader, Magic, Version, "layer statistics");
            bool perChannel = StatisticsStream.ReadBoolean(reader);
            int channelDimension = reader.ReadInt32();
            long count = reader.ReadInt64();
            if (count < 1) throw new InvalidDataException($"Statistics of {count} rows; expected at least 1.");
            long[] shape = StatisticsStream.ReadShape(reader);
            if (channelDimension < (perChannel ? 1 : 0) || channelDimension > shape.Length)
            {
                throw new InvalidDataException(
                    $"Statistics with channel dimension {channelDimension}; shape {Shapes.Format(shape)} allows {(perChannel ? 1 : 0)} to {shape.Length}.");
            }

            using var scope = NewDisposeScope();
            var mean = StatisticsStream.Read(reader, ScalarType.Float32, shape);
            var std = StatisticsStream.Read(reader, ScalarType.Float32, shape);
            var active = StatisticsStream.Read(reader, ScalarType.Byte, shape);
            if (!mean.isfinite().all().item<bool>()) throw new InvalidDataException("Statistics with a mean that is not finite.");
            if (!std.isfinite().logical_and(std.ge(0)).all().item<bool>())
            {
                throw new InvalidDataException("Statistics with a deviation that is negative or not finite.");
            }

            CheckSize("mean", mean);
            CheckSize("deviation", std);
            if (active.gt(1).any().item<bool>()) throw new InvalidDataException("Statistics with an activity other than 0 or 1.");
            return new LayerStatistics(mean, std, active.to_type(ScalarType.Bool), count, perChannel, channelDimension);
        }
        catch (EndOfStreamException end)
        {
            throw new InvalidDataException("Statistics end too early: the file is cut off.", end);
        }
    }

    /// <summary>Reads what <see cref="Save(BinaryWriter)"/> wrote, where channels are needed.</summary>
    /// <param name="reader">Where to read; left open.</param>
    /// <exception cref="InvalidDataException">The bytes are no statistics, or have no channels.</exception>
    internal static LayerStatistics LoadWithChannels(BinaryReader reader)
    {
        var statistics = Load(reader);
        if (statistics.ChannelDimension > 0) return statistics;
        statistics.Dispose();
        throw new InvalidDataException("Statistics without channels, which a readout weighs.");
    }

    /// <summary>The largest size of a mean or deviation.</summary>
    internal float Largest()
    {
        using var scope = NewDisposeScope();
        return Math.Max(Mean.abs().max().item<float>(), Std.max().item<float>());
    }

    private static void CheckSize(string what, Tensor values)
    {
        float largest = values.abs().max().item<float>();
        if (largest < LargestValue) return;
        throw new InvalidDataException($"Statistics with a {what} of {largest:G3}, too large to compute with; expected less than {LargestValue:G3}.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        Std.Dispose();
        Active.Dispose();
    }
}

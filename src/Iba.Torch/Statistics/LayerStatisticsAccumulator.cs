using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Measures a layer batch by batch, in float64, by the parallel update of Chan, Golub and LeVeque (1979); states merge and save.
/// The state lies on the device of the first batch.
/// </summary>
public sealed class LayerStatisticsAccumulator : IDisposable
{
    internal const double DefaultActiveThreshold = 0.01;

    private const uint Magic = 0x41414249; // "IBAA"
    private const int Version = 1;

    private readonly int _channelDimension;
    private readonly bool _perChannel;
    private long _rows;
    private Moments? _moments;

    /// <summary>Starts with no rows.</summary>
    /// <param name="channelDimension">1, or 2 for <c>[N, T, D]</c> features (tokens); 0: there are no channels, and each value is a position, as in a table <c>[N, F]</c>.</param>
    /// <param name="perChannel">Per channel over all positions instead of per neuron.</param>
    /// <exception cref="ArgumentOutOfRangeException">The channel dimension is below 0, or 0 where statistics are per channel.</exception>
    public LayerStatisticsAccumulator(int channelDimension = 1, bool perChannel = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channelDimension, perChannel ? 1 : 0);
        _channelDimension = channelDimension;
        _perChannel = perChannel;
    }

    /// <summary>The number of rows added so far.</summary>
    public long Count => _rows;

    /// <summary>Adds a batch of features <c>[N, ...]</c>.</summary>
    /// <param name="features">The layer's output, of a floating type.</param>
    /// <param name="mask">bool <c>[N, positions...]</c>: which positions count (padding is left out); only per channel. Null: all.</param>
    /// <exception cref="ArgumentException">
    /// The shape differs from that of earlier batches, the mask does not fit, or a row holds NaN or infinity; nothing is added then.
    /// </exception>
    public void Add(Tensor features, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (!features.is_floating_point())
        {
            throw new ArgumentException($"Features of type {features.dtype}; expected a floating type.", nameof(features));
        }

        if (features.dim() <= _channelDimension)
        {
            throw new ArgumentException(
                $"Features {Shapes.Format(features.shape)} have no dimension {_channelDimension} (channels).", nameof(features));
        }

        if (mask is not null && !_perChannel)
        {
            throw new ArgumentException(
                "A mask leaves positions out: measure per channel, statistics per neuron need every position.", nameof(mask));
        }

        // Sums that were made in inference mode could not be added to outside of it.
        using var mode = inference_mode(false);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        if (features.device_type == DeviceType.MPS) features = features.cpu(); // has no float64
        var positions = mask is null ? null : Shapes.BroadcastMask(mask, features, _channelDimension);
        RejectNonFinite(features, positions);
        if (features.shape[0] == 0) return;
        var positionDimensions = Shapes.PositionDimensions(features.dim(), _channelDimension).Select(dimension => (long)dimension);
        long[] over = _perChannel ? [0, .. positionDimensions] : [0];
        var batch = LostScalar.Repeat(() => Moments.Of(features.to_type(ScalarType.Float64), positions, over));
        CheckShape(batch.Mean);
        Combine(batch);
        _rows += features.shape[0];
    }

    /// <summary>Adds what another accumulator of the same kind measured (sharded fits).</summary>
    /// <param name="other">Left as it is.</param>
    /// <exception cref="ArgumentException">The other one measures other shapes, or per channel where this one measures per neuron.</exception>
    public void Merge(LayerStatisticsAccumulator other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other._perChannel != _perChannel || other._channelDimension != _channelDimension)
        {
            throw new ArgumentException($"Cannot merge statistics {other.Kind} into statistics {Kind}.", nameof(other));
        }

        if (other._moments is null) return;
        using var mode = inference_mode(false);
        using var scope = NewDisposeScope();
        CheckShape(other._moments.Mean);
        Combine(other._moments);
        _rows += other._rows;
    }

    /// <summary>The statistics of all rows so far.</summary>
    /// <param name="activeThreshold">
    /// A neuron is active when the share of rows (per channel: of positions) in which it is not 0 is larger than this; 0 to 1, default 0.01.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// A deviation needs at least 2 rows (per channel: 2 positions, which one row may hold).
    /// </exception>
    public LayerStatistics ToStatistics(double activeThreshold = DefaultActiveThreshold)
    {
        if (!(activeThreshold is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(activeThreshold), activeThreshold, "The active threshold is a share of rows, 0 to 1.");
        }

        double count = _moments?.Count ?? 0;
        if (_moments is null || count < 2)
        {
            throw new InvalidOperationException(
                $"A standard deviation needs at least 2 {(_perChannel ? "positions" : "rows")}; {count} measured from {_rows} rows: add more data.");
        }

        using var scope = NewDisposeScope();
        var std = _moments.SquaredDeviations.div(count - 1).sqrt_();
        var active = _moments.NonZero.div(count).gt(activeThreshold);
        return new LayerStatistics(
            _moments.Mean.to_type(ScalarType.Float32), std.to_type(ScalarType.Float32), active, _rows, _perChannel, _channelDimension);
    }

    /// <summary>Writes the state, so that another process can merge it.</summary>
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
        // bool: per channel; int32: channel dimension; int64: rows; bool: whether anything was measured; if so:
        // int32: rank; int64 x rank: shape; float64: values per neuron
        // float64 x elements: mean; the same: squared deviations; the same: how often not zero
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(_perChannel);
        writer.Write(_channelDimension);
        writer.Write(_rows);
        writer.Write(_moments is not null);
        _moments?.Save(writer);
    }

    /// <summary>Reads what <see cref="Save(Stream)"/> wrote.</summary>
    /// <param name="stream">Where to read; left open.</param>
    /// <exception cref="InvalidDataException">The bytes are no accumulator's state, or of a newer version.</exception>
    public static LayerStatisticsAccumulator Load(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        return Load(reader);
    }

    /// <inheritdoc cref="Load(Stream)"/>
    /// <param name="reader">Where to read; left open.</param>
    /// <exception cref="InvalidDataException">The bytes are no accumulator's state, or of a newer version.</exception>
    public static LayerStatisticsAccumulator Load(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        using var mode = inference_mode(false);
        try
        {
            StatisticsStream.ReadHeader(reader, Magic, Version, "an accumulator of layer statistics");
            bool perChannel = StatisticsStream.ReadBoolean(reader);
            int channelDimension = reader.ReadInt32();
            long rows = reader.ReadInt64();
            bool measured = StatisticsStream.ReadBoolean(reader);
            if (channelDimension < (perChannel ? 1 : 0) || rows < 0 || measured != rows > 0)
            {
                throw new InvalidDataException($"An accumulator with channel dimension {channelDimension} and {rows} rows.");
            }

            var moments = measured ? Moments.Load(reader) : null;
            return new LayerStatisticsAccumulator(channelDimension, perChannel) { _rows = rows, _moments = moments };
        }
        catch (EndOfStreamException end)
        {
            throw new InvalidDataException("An accumulator's state ends too early: the file is cut off.", end);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _moments?.Dispose();

    internal bool PerChannel => _perChannel;

    private string Kind => $"{(_perChannel ? "per channel" : "per neuron")} with {(_channelDimension == 0 ? "no channels" : $"channels in dimension {_channelDimension}")}";

    private void Combine(Moments batch)
    {
        if (_moments is null) _moments = batch.Copy().Detach();
        else _moments.Add(batch);
    }

    private void CheckShape(Tensor mean)
    {
        if (_moments is null || _moments.Mean.shape.SequenceEqual(mean.shape)) return;
        throw new ArgumentException(
            $"Features of shape {Shapes.Format(mean.shape)} per row; earlier ones were {Shapes.Format(_moments.Mean.shape)}. " +
            "Statistics per neuron need one shape: give every input the same size, or measure per channel.");
    }

    private void RejectNonFinite(Tensor features, Tensor? positions)
    {
        var wrong = features.isfinite().logical_not_();
        if (positions is not null) wrong = wrong.logical_and_(positions);
        if (!wrong.any().item<bool>()) return;
        long[] rows = wrong.flatten(1).any(1).nonzero().flatten().cpu().data<long>().ToArray();
        string named = $"row{(rows.Length > 1 ? "s" : "")} {string.Join(", ", rows.Take(10))}{(rows.Length > 10 ? ", ..." : "")}";
        throw new ArgumentException(
            $"Features with NaN or infinity in {named} of this batch of {features.shape[0]}, " +
            $"which starts at row {_rows} of all: check these inputs and the network before the layer. The batch was not added.",
            nameof(features));
    }
}

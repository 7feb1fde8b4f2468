using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Brings the features of the layers that are read to mean 0 and deviation 1, channel by channel: what the first 1x1 convolution takes.
/// </summary>
internal sealed class ReadoutScale : IDisposable
{
    private const int MostLayers = 1000;

    /// <summary>Channels that hardly vary would be blown up.</summary>
    private const double MinStd = 0.01;

    private readonly IReadOnlyList<LayerStatistics> _statistics;

    /// <param name="statistics">Those of each layer, per channel. Owned.</param>
    /// <exception cref="ArgumentException">Some are not per channel.</exception>
    public ReadoutScale(IReadOnlyList<LayerStatistics> statistics)
    {
        _statistics = statistics;
        Channels = statistics.Sum(ChannelsOf);
    }

    /// <summary>The number of channels of all layers together.</summary>
    public long Channels { get; }

    /// <summary>The number of layers.</summary>
    public int Layers => _statistics.Count;

    /// <summary>
    /// The features of each layer, <c>[N, C, positions...]</c>, float32, without gradient: at the bottleneck's positions where the layer has more, else at its own.
    /// </summary>
    /// <param name="readouts">The features of each layer, <c>[N, ...]</c>.</param>
    /// <param name="positions">The size of the bottleneck's layer without rows and channels.</param>
    /// <param name="padded">Whether rows are padded: what is behind a row's end would be mixed into it, were layers resized.</param>
    /// <exception cref="ArgumentException">A layer has other channels than were measured, or positions that cannot be brought to the others.</exception>
    public Tensor[] Apply(IReadOnlyList<Tensor> readouts, long[] positions, bool padded)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return [.. readouts.Zip(_statistics, (features, statistics) => Read(features, statistics, positions, padded).MoveToOuterDisposeScope())];
    }

    /// <summary>Writes the statistics.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_statistics.Count);
        foreach (var statistics in _statistics) statistics.Save(writer);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static ReadoutScale Load(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count is < 1 or > MostLayers) throw new InvalidDataException($"A readout of {count} layers; expected 1 to {MostLayers}.");
        var statistics = new List<LayerStatistics>();
        try
        {
            while (statistics.Count < count)
            {
                statistics.Add(LayerStatistics.LoadWithChannels(reader));
                var (mean, channels) = (statistics[^1].Mean, statistics[^1].ChannelDimension - 1);
                if (mean.numel() != mean.shape[channels]) throw new InvalidDataException("Statistics of a layer that is read are not per channel.");
            }

            return new ReadoutScale(statistics);
        }
        catch
        {
            foreach (var loaded in statistics) loaded.Dispose();
            throw;
        }
    }

    /// <summary>A copy, to be disposed by the caller.</summary>
    public ReadoutScale Copy() => new([.. _statistics.Select(statistics => statistics.To(statistics.Mean.device))]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statistics in _statistics) statistics.Dispose();
    }

    private static long ChannelsOf(LayerStatistics statistics) => statistics.Mean.shape[statistics.ChannelDimension - 1];

    private static Tensor Read(Tensor features, LayerStatistics statistics, long[] positions, bool padded)
    {
        int channels = statistics.ChannelDimension;
        if (features.dim() <= channels || features.shape[channels] != ChannelsOf(statistics))
        {
            throw new ArgumentException(
                $"A layer that is read gives {Shapes.Format(features.shape)}; {ChannelsOf(statistics)} channels in dimension {channels} were measured.", nameof(features));
        }

        var values = features.to_type(ScalarType.Float32).movedim([channels], [1]);
        ReadoutPositions.Check(values, positions, padded);
        if (ReadoutPositions.AreMore(values, positions)) values = ReadoutPositions.Resize(values, positions);
        long[] perChannel = [1, -1, .. Enumerable.Repeat(1L, (int)values.dim() - 2)];
        var mean = statistics.Mean.to(features.device).reshape(perChannel);
        var std = statistics.Std.to(features.device).reshape(perChannel).clamp_min(MinStd);
        return (values - mean) / std;
    }
}

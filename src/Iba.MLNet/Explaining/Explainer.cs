using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>
/// The network cut at the layer, with its statistics: explains rows. Safe for use from several threads; they take turns, because a
/// network computes for one at a time.
/// </summary>
internal sealed class Explainer : IDisposable
{
    /// <summary>Rows share a pass on a CPU as long as the noisy copies of their features are no more numbers than this.</summary>
    private const long SharedFeatures = 1 << 16;

    private readonly IHost _host;
    private readonly IbaSettings _settings;
    private readonly Network _network;
    private readonly bool _ownsNetwork;
    private readonly LayerStatistics _statistics;
    private SplitNetwork? _split;
    private PerSampleBottleneck? _bottleneck;
    private bool _warned;
    private bool _disposed;

    /// <param name="host">For messages and cancellation.</param>
    /// <param name="settings">What Fit decided.</param>
    /// <param name="network">The network, on the device where it is to run.</param>
    /// <param name="ownsNetwork">Whether the network is disposed with this.</param>
    /// <param name="statistics">Owned.</param>
    public Explainer(IHost host, IbaSettings settings, Network network, bool ownsNetwork, LayerStatistics statistics)
    {
        _host = host;
        _settings = settings;
        _network = network;
        _ownsNetwork = ownsNetwork;
        _statistics = statistics;
    }

    /// <summary>The number of rows that Fit measured.</summary>
    public long MeasuredRows => _statistics.Count;

    /// <summary>The format of the network, see <see cref="Network.Format"/>.</summary>
    public string NetworkFormat => _network.Format;

    /// <summary>Explains rows, each as if it were alone.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="withCapacity">Whether <see cref="RowExplanation.Capacity"/> is wanted.</param>
    /// <exception cref="ObjectDisposedException">The transformer or its network was disposed.</exception>
    public RowResult[] Explain(IReadOnlyList<InputRow> rows, bool withCapacity)
    {
        var results = new RowResult[rows.Count];
        lock (_network)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IbaTransformer));
            using var scope = torch.NewDisposeScope();
            foreach (var group in InputBatch.Group(rows, _settings.Input).SelectMany(group => group.Chunk(RowsPerPass(rows, group))))
            {
                _host.CheckAlive();
                int fitted = _bottleneck?.RowsPerPass ?? 0;
                using var batch = InputBatch.Create(rows, group, _settings.Input, _network.Inputs, _network.Device);
                Explain(rows, batch, withCapacity, results);
                if (_bottleneck!.RowsPerPass != fitted) WarnOfMemory(group.Length, _bottleneck.RowsPerPass);
            }
        }

        return results;
    }

    /// <summary>Writes the network.</summary>
    public void SaveNetwork(Stream stream)
    {
        lock (_network)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IbaTransformer));
            _network.Save(stream);
        }
    }

    /// <summary>Writes the statistics.</summary>
    public void SaveStatistics(BinaryWriter writer)
    {
        lock (_network)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IbaTransformer));
            _statistics.Save(writer);
        }
    }

    public void Dispose()
    {
        lock (_network)
        {
            if (_disposed) return;
            _disposed = true;
            _bottleneck?.Dispose();
            _split?.Dispose();
            _statistics.Dispose();
            if (_ownsNetwork) _network.Dispose();
        }
    }

    private void Explain(IReadOnlyList<InputRow> rows, InputBatch batch, bool withCapacity, RowResult[] results)
    {
        using var scope = torch.NewDisposeScope();
        _split ??= _network.Split(_settings.Layer);
        using var activation = _split.Head(batch.Inputs);
        _bottleneck ??= new PerSampleBottleneck(_split, _statistics, _settings.Bottleneck);
        int channelDimension = _statistics.ChannelDimension;
        var mask = SequenceMask.Of(batch.Exists, activation.Features, channelDimension);
        using var result = _bottleneck.Explain(activation, Targets(rows, batch), mask);

        var capacity = _settings.Capacity == CapacityKind.LastForward ? result.LastForwardCapacity : result.Capacity;
        // In a padded batch each row's map is stretched by itself.
        var exists = batch.Exists?.cpu().data<bool>().ToArray();
        var maps = new RowArrays(exists is null ? ToMaps(capacity, channelDimension, MapSize(rows, batch)) : Heatmap.FromCapacity(capacity, channelDimension));
        var scores = new RowArrays(result.Probabilities);
        var scoresWithBottleneck = new RowArrays(result.ProbabilitiesWithBottleneck);
        long[] targets = result.Targets.cpu().data<long>().ToArray();
        var failures = result.Failures.ToDictionary(failure => failure.Row, failure => failure.Reason);
        for (int i = 0; i < batch.Rows.Count; i++)
        {
            var value = rows[batch.Rows[i]].Values[_settings.Input.Explained]!;
            var positions = _settings.Input.ExplainedColumn.Positions(value.Shape);
            // Padding is dropped; what was cut off for its length gets no bits.
            var map = exists is null
                ? maps.Row(i, (int)positions.Aggregate(1L, (product, length) => product * length))
                : SequenceHeatmap.Of(maps.Row(i), RowOf(exists, i, batch.Rows.Count), value.Length);
            results[batch.Rows[i]] = failures.TryGetValue(i, out string? reason)
                ? new RowResult(null, reason)
                : new RowResult(
                    new RowExplanation(
                        map, positions, (float)map.Sum(bits => (double)bits), (int)targets[i], scores.Row(i), scoresWithBottleneck.Row(i),
                        withCapacity ? Nats(capacity[i], channelDimension, exists is null ? null : (value.Length, exists.Length / batch.Rows.Count)) : null,
                        value.Picture),
                    null);
        }
    }

    private void WarnOfMemory(int tried, int fitted)
    {
        if (_warned) return;
        _warned = true;
        using var channel = _host.Start("Explain");
        channel.Warning(
            "Memory ran out with {0} rows at once after layer '{1}': {2} at a time from here on, with the same results. " +
            "Set {3} to {2} to save the attempt.",
            tried, _settings.Layer, fitted, nameof(IbaEstimator.Options.BatchSize));
    }

    private static torch.Tensor ToMaps(torch.Tensor capacity, int channelDimension, long[] size)
        => capacity.dim() == 3 && size.Length == 2
            ? Heatmap.FromCapacity(TokenGrid.ToPicture(capacity, size), 1, size)
            : Heatmap.FromCapacity(capacity, channelDimension, size);

    private static ReadOnlySpan<bool> RowOf(bool[] exists, int row, int rows) => exists.AsSpan(row * (exists.Length / rows), exists.Length / rows);

    // The capacity of the row's own positions, without those of padding.
    private static float[] Nats(torch.Tensor capacity, int channelDimension, (int Row, int Batch)? values)
    {
        using var scope = torch.NewDisposeScope();
        if (values is var (row, batch))
        {
            int dimension = 2 - channelDimension;
            capacity = capacity.narrow(dimension, 0, SequenceHeatmap.PositionsOf(row, (int)capacity.shape[dimension], batch));
        }

        return capacity.to(torch.float32, torch.CPU).contiguous().data<float>().ToArray();
    }

    // On a CPU, kernels round differently by batch size: deep networks and Adam's sign-like first step would make a thousandth of that.
    // Alone, a row's map is the same in every batch, and memory stays small; sharing a pass could be faster, but would break that promise.
    private int RowsPerPass(IReadOnlyList<InputRow> rows, int[] group)
    {
        int fitted = _bottleneck is { RowsPerPass: > 0 and var most } ? Math.Min(most, group.Length) : group.Length;
        if (_network.Device.type != DeviceType.CPU) return fitted;
        long longest = group.Max(row => rows[row].Values[_settings.Input.Explained]!.Shape[^1]);
        long features = _settings.FeatureShape.Aggregate(1L, (product, size) => product * (size < 0 ? longest : size));
        return (int)Math.Clamp(SharedFeatures / Math.Max(1, features * _settings.Bottleneck.NoiseCopies), 1, fitted);
    }

    private long[] MapSize(IReadOnlyList<InputRow> rows, InputBatch batch)
    {
        var explained = rows[batch.Rows[0]].Values[_settings.Input.Explained]!;
        long[] size = [.. _settings.Input.ExplainedColumn.Positions(explained.Shape)];
        if (size.Length == 1 && _settings.Input.MaximumLength > 0) size[0] = Math.Min(size[0], _settings.Input.MaximumLength);
        return size;
    }

    private torch.Tensor? Targets(IReadOnlyList<InputRow> rows, InputBatch batch)
    {
        if (_settings.LabelColumnName == null && _settings.TargetIndex == null) return null;
        var targets = batch.Rows.Select(row => rows[row].Target ?? _settings.TargetIndex!.Value).ToArray();
        return torch.tensor(targets, torch.int64).to(_network.Device);
    }
}

using Iba.Torch;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>
/// A cut of the network and its bottleneck, which explain one pass of rows after the other. Lanes of one network may work at the same time,
/// each on a thread of its own.
/// </summary>
internal sealed class Lane : IDisposable
{
    private readonly IbaSettings _settings;
    private readonly Network _network;
    private readonly LayerStatistics _statistics;
    private readonly NoiseSource _noise;
    private readonly SplitNetwork _split;
    private readonly Action _checkAlive;
    private readonly PerSampleBottleneck _bottleneck;

    /// <param name="settings">What Fit decided.</param>
    /// <param name="network">The network.</param>
    /// <param name="split">The network, cut at the layer. Owned.</param>
    /// <param name="statistics">The layer's statistics, shared by all lanes.</param>
    /// <param name="noise">The noise, shared by all lanes.</param>
    /// <param name="checkAlive">Called before every step; throws when the work is cancelled.</param>
    public Lane(IbaSettings settings, Network network, SplitNetwork split, LayerStatistics statistics, NoiseSource noise, Action checkAlive)
    {
        _checkAlive = checkAlive;
        _settings = settings;
        _network = network;
        _split = split;
        _statistics = statistics;
        _noise = noise;
        _bottleneck = new PerSampleBottleneck(split, statistics, settings.Bottleneck, noise) { BeforeStep = checkAlive };
    }

    /// <summary>See <see cref="PerSampleBottleneck.RowsPerPass"/>.</summary>
    public int RowsPerPass => _bottleneck.RowsPerPass;

    /// <summary>About how much memory the largest pass so far took, in bytes; see <see cref="BottleneckOptions.MemoryBudget"/>.</summary>
    public double BytesPerPass { get; private set; }

    /// <inheritdoc cref="BottleneckOptions.MemoryBudget"/>
    public long MemoryBudget
    {
        set => _bottleneck.MemoryBudget = value;
    }

    /// <summary>A lane beside this one; null where the network computes for one thread at a time.</summary>
    public Lane? Fork()
    {
        // What a custom loss does on two threads at once is not known.
        if (!BottleneckLoss.All.Contains(_settings.Bottleneck.Loss)) return null;
        return _split.CanFork ? new Lane(_settings, _network, _split.Fork(), _statistics, _noise, _checkAlive) : null;
    }

    /// <summary>Explains rows that share a pass.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="group">Which of them make the pass.</param>
    /// <param name="withCapacity">Whether <see cref="RowExplanation.Capacity"/> is wanted.</param>
    /// <param name="results">Where what became of them is written.</param>
    public void Explain(IReadOnlyList<InputRow> rows, int[] group, bool withCapacity, RowResult?[] results)
    {
        var found = LostScalar.Repeat(() => Explain(rows, group, withCapacity));
        foreach (var (row, result) in group.Zip(found)) results[row] = result;
    }

    private RowResult[] Explain(IReadOnlyList<InputRow> rows, int[] group, bool withCapacity)
    {
        var results = new RowResult[group.Length];
        using var scope = torch.NewDisposeScope();
        using var batch = InputBatch.Create(rows, group, _settings.Input, _network.Inputs, _network.Device);
        using var activation = _split.Head(batch.Inputs);
        int channelDimension = _statistics.ChannelDimension;
        var mask = SequenceMask.Of(batch.Exists, activation.Features, channelDimension);
        if (_split.CanFork && _network.Device.type == DeviceType.CPU) BytesPerPass = Math.Max(BytesPerPass, activation.Rows * _bottleneck.BytesPerRow(activation));
        using var result = _bottleneck.Explain(activation, Targets(rows, batch), mask);

        var capacity = _settings.Capacity == CapacityKind.LastForward ? result.LastForwardCapacity : result.Capacity;
        // In a padded batch each row's map is stretched by itself.
        bool[]? exists = batch.Exists?.cpu().data<bool>().ToArray();
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
            float[] map = exists is null
                ? maps.Row(i, (int)positions.Aggregate(1L, (product, length) => product * length))
                : SequenceHeatmap.Of(maps.Row(i), RowOf(exists, i, batch.Rows.Count), value.Length);
            results[i] = failures.TryGetValue(i, out string? reason)
                ? new RowResult(null, reason)
                : new RowResult(
                    new RowExplanation(
                        map, positions, (float)map.Sum(bits => (double)bits), (int)targets[i], scores.Row(i), scoresWithBottleneck.Row(i),
                        withCapacity ? Nats(capacity[i], channelDimension, exists is null ? null : (value.Length, exists.Length / batch.Rows.Count)) : null,
                        value.Picture),
                    null);
        }

        return results;
    }

    public void Dispose()
    {
        _bottleneck.Dispose();
        _split.Dispose();
    }

    private static torch.Tensor ToMaps(torch.Tensor capacity, int channelDimension, long[] size)
        => capacity.dim() == 3 && size.Length == 2
            ? Heatmap.FromCapacity(TokenGrid.ToPicture(capacity, channelDimension, size), 1, size)
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
        long[] targets = batch.Rows.Select(row => rows[row].Target ?? _settings.TargetIndex!.Value).ToArray();
        return torch.tensor(targets, torch.int64).to(_network.Device);
    }
}

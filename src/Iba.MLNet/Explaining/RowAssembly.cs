using Iba.Torch;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Takes the result of a pass apart into what each row gets.</summary>
internal static class RowAssembly
{
    /// <param name="rows">All rows.</param>
    /// <param name="batch">Those of the pass.</param>
    /// <param name="settings">What Fit decided.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="result">What was found.</param>
    /// <param name="withCapacity">Whether <see cref="RowExplanation.Capacity"/> is wanted.</param>
    /// <param name="results">Where what became of the rows is written.</param>
    public static void Write(
        IReadOnlyList<InputRow> rows, InputBatch batch, RowSettings settings, AttributionRequest request, Attribution result, bool withCapacity, RowResult?[] results)
    {
        var input = settings.Input;
        bool atLayer = settings.MapSize == MapSize.Layer;
        using var scope = torch.NewDisposeScope();
        // In a padded batch each row's map is stretched by itself.
        bool[]? exists = batch.Exists?.cpu().data<bool>().ToArray();
        var maps = Maps(result);
        var furtherMaps = result is SeveralAttributions several ? several.Parts.Skip(1).Select(part => (Maps: Maps(part), part.Unit)).ToArray() : [];
        var layerMaps = atLayer ? maps : new RowArrays(result.ToMap());
        long[] layerSize = result.Map.dim() == 1 ? [1] : result.Map.shape[1..];
        var scores = new RowArrays(result.Probabilities);
        var bottleneck = result as BottleneckResult;
        var seedMaps = bottleneck?.SeedMaps is { } seeds ? Enumerable.Range(0, (int)seeds.shape[1]).Select(seed => Resized(seeds.select(1, seed), bottleneck.Unit)).ToArray() : [];
        var scoresWithBottleneck = bottleneck is null ? null : new RowArrays(bottleneck.ProbabilitiesWithBottleneck);
        long[] targets = result.Targets.cpu().data<long>().ToArray();
        var failures = result.Failures.ToDictionary(failure => failure.Row, failure => failure.Reason);
        for (int i = 0; i < batch.Rows.Count; i++)
        {
            if (failures.TryGetValue(i, out string? reason))
            {
                results[batch.Rows[i]] = new RowResult(null, reason);
                continue;
            }

            var value = rows[batch.Rows[i]].Values[input.Explained]!;
            var inputSize = input.ExplainedColumn.Positions(value.Shape);
            long[] layerPositions = exists is null ? layerSize : [SequenceHeatmap.PositionsOf(value.Length, (int)layerSize[0], exists.Length / batch.Rows.Count)];
            var positions = atLayer ? layerPositions : inputSize;
            float[] map = Map(maps, result.Unit);
            float[][] mapsOfSeeds = Array.ConvertAll(seedMaps, seedMap => Map(seedMap, result.Unit));
            float[]? capacity = withCapacity && bottleneck is not null
                ? Nats(bottleneck.ReportedCapacity[i], request.ChannelDimension, exists is null ? null : (value.Length, exists.Length / batch.Rows.Count))
                : null;
            results[batch.Rows[i]] = new RowResult(
                new RowExplanation(
                    map, positions, inputSize, (float)map.Sum(bits => (double)bits), (int)targets[i], scores.Row(i), scoresWithBottleneck?.Row(i), capacity, value.Picture)
                {
                    FurtherMaps = Array.ConvertAll(furtherMaps, further => Map(further.Maps, further.Unit)),
                    LayerMap = atLayer ? map : layerMaps.Row(i, Count(layerPositions)),
                    LayerMapSize = layerPositions,
                    Deviation = mapsOfSeeds.Length == 0 ? null : SeedDeviation.OfMaps(mapsOfSeeds),
                    TotalDeviation = mapsOfSeeds.Length == 0 ? float.NaN : SeedDeviation.OfTotals(mapsOfSeeds),
                },
                null);

            // Padding is dropped; what was cut off for its length gets nothing.
            float[] Map(RowArrays all, MapUnit unit) => exists is null || atLayer
                ? all.Row(i, Count(positions))
                : SequenceHeatmap.Of(all.Row(i), RowOf(exists, i, batch.Rows.Count), value.Length, unit);
        }

        RowArrays Maps(Attribution one) => Resized(one.Map, one.Unit);

        RowArrays Resized(torch.Tensor values, MapUnit unit) => new(MapResizing.Resize(values, unit, exists is null && !atLayer ? [.. request.InputSize] : []));
    }

    private static int Count(IEnumerable<long> size) => (int)size.Aggregate(1L, (product, length) => product * length);

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
}

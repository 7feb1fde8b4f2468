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
    /// <param name="further">What was found at further layers.</param>
    public static void Write(
        IReadOnlyList<InputRow> rows, InputBatch batch, RowSettings settings, AttributionRequest request, Attribution result, bool withCapacity, RowResult?[] results,
        IReadOnlyList<Attribution> further)
    {
        var input = settings.Input;
        bool atLayer = settings.MapSize == MapSize.Layer;
        using var scope = torch.NewDisposeScope();
        // In a padded batch each row's map is stretched by itself.
        bool[]? exists = batch.Exists?.cpu().data<bool>().ToArray();
        // By method or layer, and for each by question.
        var questions = result.Questions.Select(question => question is SeveralAttributions several ? several.Parts : [question]).ToArray();
        var maps = Enumerable.Range(0, questions[0].Count)
            .Select(method => Array.ConvertAll(questions, question => (Maps: Maps(question[method]), question[method].Unit)))
            .Concat(further.Select(layer => layer.Questions.Select(question => (Maps: Maps(question), question.Unit)).ToArray())).ToArray();
        var layerMaps = atLayer ? [] : Array.ConvertAll(questions, question => new RowArrays(question[0].ToMap()));
        long[] layerSize = result.Map.dim() == 1 ? [1] : result.Map.shape[1..];
        var scores = new RowArrays(result.Probabilities);
        var bottlenecks = result.Questions.OfType<BottleneckResult>().ToArray();
        // By question, and for each by seed.
        var seedMaps = bottlenecks is [{ SeedMaps: not null }, ..] ? Array.ConvertAll(bottlenecks, SeedMaps) : [];
        var scoresWithBottleneck = Array.ConvertAll(bottlenecks, bottleneck => new RowArrays(bottleneck.ProbabilitiesWithBottleneck));
        var capacities = result is ReadoutResult readout ? [readout.Capacity] : Array.ConvertAll(bottlenecks, bottleneck => bottleneck.ReportedCapacity);
        var boxes = result.Boxes.shape[1] == 0 ? [] : result.Questions.Select(question => new RowArrays(question.Boxes)).ToArray();
        long[][] targets = [.. result.Questions.Select(question => question.Targets.cpu().data<long>().ToArray())];
        var failures = result.Failures.Concat(further.SelectMany(layer => layer.Failures)).DistinctBy(failure => failure.Row).ToDictionary(failure => failure.Row, failure => failure.Reason);
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
            float[][][] found = Array.ConvertAll(maps, method => Array.ConvertAll(method, question => Map(question.Maps, question.Unit)));
            float[][][] mapsOfSeeds = Array.ConvertAll(seedMaps, question => Array.ConvertAll(question, seed => Map(seed, bottlenecks[0].Unit)));
            float[]? capacity = withCapacity && capacities.Length > 0
                ? Joined(Array.ConvertAll(
                    capacities, nats => Nats(nats[i], request.ChannelDimension, exists is null ? null : (value.Length, exists.Length / batch.Rows.Count))))
                : null;
            results[batch.Rows[i]] = new RowResult(
                new RowExplanation(
                    Joined(found[0]), positions, inputSize, Array.ConvertAll(found[0], map => (float)map.Sum(bits => (double)bits)), Array.ConvertAll(targets, question => (int)question[i]),
                    scores.Row(i), bottlenecks.Length == 0 ? null : Joined(Rows(scoresWithBottleneck)), capacity, value.Picture)
                {
                    FurtherMaps = Array.ConvertAll(found[1..], Joined),
                    Boxes = boxes.Length == 0 ? null : Joined(Rows(boxes)),
                    LayerMap = Joined(atLayer ? found[0] : Array.ConvertAll(layerMaps, question => question.Row(i, Count(layerPositions)))),
                    LayerMapSize = layerPositions,
                    Deviation = mapsOfSeeds.Length == 0 ? null : Joined(Array.ConvertAll(mapsOfSeeds, SeedDeviation.OfMaps)),
                    TotalDeviations = Array.ConvertAll(mapsOfSeeds, SeedDeviation.OfTotals),
                },
                null);

            float[][] Rows(RowArrays[] ofQuestions) => Array.ConvertAll(ofQuestions, question => question.Row(i));

            // Padding is dropped; what was cut off for its length gets nothing.
            float[] Map(RowArrays all, MapUnit unit) => exists is null || atLayer
                ? all.Row(i, Count(positions))
                : SequenceHeatmap.Of(all.Row(i), RowOf(exists, i, batch.Rows.Count), value.Length, unit);
        }

        RowArrays[] SeedMaps(BottleneckResult one) =>
            [.. Enumerable.Range(0, (int)one.SeedMaps!.shape[1]).Select(seed => Resized(one.SeedMaps.select(1, seed), one.Unit))];

        RowArrays Maps(Attribution one) => Resized(one.Map, one.Unit);

        RowArrays Resized(torch.Tensor values, MapUnit unit) => new(MapResizing.Resize(values, unit, exists is null && !atLayer ? [.. request.InputSize] : []));
    }

    private static float[] Joined(float[][] parts) => parts.Length == 1 ? parts[0] : [.. parts.SelectMany(part => part)];

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

using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Operators that write updates into a copy of the data, by index.</summary>
internal static class ScatterOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddKeepingType("Scatter", ScatterElements);
        table.AddKeepingType("ScatterElements", ScatterElements);
        table.AddKeepingType("ScatterND", ScatterNd);
        table.AddKeepingType("TensorScatter", TensorScatter);
    }

    private static Tensor ScatterElements(OperatorCall call)
    {
        var (data, indices, updates) = (call[0], call[1], call[2].to(call[0].device));
        int axis = call.Axis(call.Int("axis", 0), data.dim());
        GatherOperators.CheckElementIndices(call, data, indices, axis);
        if (!updates.shape.SequenceEqual(indices.shape)) throw call.Error("has indices and updates of different shapes");
        var places = Indices.Normalise(call, indices, data.shape[axis], data.device);
        switch (call.String("reduction", "none"))
        {
            case "none":
                return data.scatter(axis, places, updates);
            case "add":
                return data.scatter_add(axis, places, updates);
            case var reduction:
                // As rows of one element each.
                var positions = zeros(places.shape, ScalarType.Int64, data.device);
                for (int i = 0; i < data.dim(); i++)
                {
                    var place = i == axis ? places
                        : Broadcasting.Before(arange(places.shape[i], ScalarType.Int64, data.device), data.dim() - 1 - i);
                    positions = positions * data.shape[i] + place;
                }
                return Reduce(call, reduction, data.reshape(-1, 1), positions.flatten(), updates.reshape(-1, 1)).reshape(data.shape);
        }
    }

    private static Tensor ScatterNd(OperatorCall call)
    {
        var (data, tuples, updates) = (call[0], call[1], call[2].to(call[0].device));
        var (sizes, counts) = (data.shape, tuples.shape);
        if (counts.Length == 0 || counts[^1] > sizes.Length || !updates.shape.SequenceEqual([.. counts[..^1], .. sizes[(int)counts[^1]..]]))
        {
            throw call.Error($"has data of shape {Shapes.Format(sizes)}, indices of shape {Shapes.Format(counts)}"
                + $" and updates of shape {Shapes.Format(updates.shape)}");
        }
        int indexed = (int)counts[^1];
        var positions = Indices.Flatten(call, tuples, sizes.AsSpan()[..indexed], data.device).flatten();
        long rowLength = sizes[indexed..].Aggregate(1L, (product, size) => product * size);
        var rows = data.reshape(sizes[..indexed].Aggregate(1L, (product, size) => product * size), rowLength);
        var newRows = updates.reshape(positions.shape[0], rowLength);
        var result = call.String("reduction", "none") switch
        {
            "none" => rows.index_copy(0, positions, newRows),
            "add" => rows.index_add(0, positions, newRows, 1),
            var reduction => Reduce(call, reduction, rows, positions, newRows),
        };
        return result.reshape(sizes);
    }

    /// <summary>
    /// Combines rows with updates by a reduction that TorchSharp does not bind. Updates of the same row follow one another in rounds,
    /// each of which touches a row once.
    /// </summary>
    private static Tensor Reduce(OperatorCall call, string reduction, Tensor rows, Tensor positions, Tensor updates)
    {
        Func<Tensor, Tensor, Tensor> combine = reduction switch
        {
            "mul" => (a, b) => a * b,
            "max" => maximum,
            "min" => minimum,
            _ => throw call.Error($"has reduction '{reduction}'; none, add, mul, max and min are defined"),
        };
        var seen = new Dictionary<long, int>();
        var rounds = new List<List<long>>();
        long[] places = positions.to(CPU).contiguous().data<long>().ToArray();
        for (int i = 0; i < places.Length; i++)
        {
            int round = seen.GetValueOrDefault(places[i]);
            seen[places[i]] = round + 1;
            if (round == rounds.Count) rounds.Add([]);
            rounds[round].Add(i);
        }
        if (rounds.Count > OperatorLimits.MostIterations) throw call.Error($"writes one element {rounds.Count} times");
        foreach (var round in rounds)
        {
            var chosen = tensor(round.ToArray(), device: rows.device);
            var rowsOfRound = positions.index_select(0, chosen);
            rows = rows.index_copy(0, rowsOfRound, combine(rows.index_select(0, rowsOfRound), updates.index_select(0, chosen)));
        }
        return rows;
    }

    /// <summary>Writes an update into a cache of keys or values, for each sequence of the batch at a position of its own.</summary>
    private static Tensor TensorScatter(OperatorCall call)
    {
        var (cache, update) = (call[0], call[1].to(call[0].device));
        int axis = call.Axis(call.Int("axis", -2), cache.dim());
        var (sizes, counts) = (cache.shape, update.shape);
        if (axis == 0 || counts.Length != sizes.Length
            || counts.Where((count, i) => i == axis ? count > sizes[i] : count != sizes[i]).Any())
        {
            throw call.Error($"cannot write shape {Shapes.Format(counts)} into {Shapes.Format(sizes)} along axis {axis}");
        }
        var places = arange(counts[axis], ScalarType.Int64, cache.device).unsqueeze(0);
        if (call.Optional(2) is { } starts)
        {
            if (starts.numel() != sizes[0]) throw call.Error($"needs {sizes[0]} write indices, not {starts.numel()}");
            places = places + starts.to(ScalarType.Int64).to(cache.device).reshape(-1, 1);
        }
        places = call.String("mode", "linear") switch
        {
            "linear" => Indices.Normalise(call, places, sizes[axis], cache.device),
            "circular" => sizes[axis] == 0 ? places : places.remainder(sizes[axis]),
            var mode => throw call.Error($"has mode '{mode}'; linear and circular are defined"),
        };
        long[] shape = Enumerable.Repeat(1L, sizes.Length).ToArray();
        (shape[0], shape[axis]) = (places.shape[0], counts[axis]);
        return cache.scatter(axis, places.reshape(shape).expand(counts), update);
    }
}

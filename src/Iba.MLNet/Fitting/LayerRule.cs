using Iba.Torch;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>The layer that is taken where none is named: see <see cref="AttributionOptions.Layer"/>.</summary>
internal sealed class LayerRule
{
    /// <summary>The finest layers know edges, the coarsest only where the object is: an eighth of the input's side lies between.</summary>
    private const long MostPixelsPerPosition = 8;

    private static readonly long[] Finenesses = [2, 4, 8, 16, 32];

    private static readonly double[] Quarters = [0.25, 0.5, 0.75];

    /// <summary>The length that is tried where rows have any; unlike the widths that layers have.</summary>
    private const long TrialLength = 23;

    private readonly IReadOnlyList<LayerInfo> _layers;
    private readonly IReadOnlyList<string> _weightLayers;
    private readonly InputColumn _column;
    private readonly IReadOnlyList<long> _size;
    private readonly bool _hasCosts;
    private readonly long _pixelsPerPosition;

    /// <param name="layers">The layers, in the order of computation.</param>
    /// <param name="weightLayers">The parts that hold weights, by name, in the order of computation; may be empty.</param>
    /// <param name="column">The explained input.</param>
    /// <param name="size">Its size, without channels.</param>
    /// <param name="pixelsPerPosition">How coarse a layer of a picture may be, along each side.</param>
    private LayerRule(
        IReadOnlyList<LayerInfo> layers, IReadOnlyList<string> weightLayers, InputColumn column, IReadOnlyList<long> size, long pixelsPerPosition = MostPixelsPerPosition)
    {
        _pixelsPerPosition = pixelsPerPosition;
        _layers = layers;
        _weightLayers = weightLayers;
        _column = column;
        _size = size;
        _hasCosts = layers.Any(layer => layer.CostShare > 0);
    }

    /// <summary>Chooses a layer.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="network">The network.</param>
    /// <param name="layout">Its inputs.</param>
    /// <param name="reason">Why this one, for the log.</param>
    /// <exception cref="ArgumentException">No layer suits.</exception>
    public static string Choose(IHost host, Network network, InputLayout layout, out string reason)
    {
        var (layers, size) = Describe(host, network, layout, nameof(AttributionOptions.Layer));
        var rule = new LayerRule(layers, network.WeightLayers, layout.ExplainedColumn, size);
        if (!layout.ExplainedColumn.HoldsTokens && rule.LastFine() is { } fine)
        {
            reason = $"the last one outside of narrowing blocks with at least 1/{MostPixelsPerPosition} of the input's side";
            return fine;
        }

        if (rule.FirstOfPositions() is { } first)
        {
            reason = "the first one of positions";
            return first;
        }

        reason = "the input itself: each value of a row is a position, and none of the later layers has positions";
        return rule.Table() ?? throw host.ExceptUserArg(
            nameof(AttributionOptions.Layer),
            $"{nameof(AttributionOptions.Layer)} is not set, and no layer has positions of an input of size {Shapes.Format(size)} from which one could be chosen: " +
            (layers.Count == 0 ? "the network has none at which it can be cut."
                : $"name one out of {string.Join(", ", layers.Take(5).Select(layer => $"'{layer.Name}'"))}{(layers.Count > 5 ? ", ..." : "")}.") +
            (size.Count == 1 && layers.Count > 0 ? $" For bits of each number of the row, name a layer that passes the rows on as they are (an identity), with {nameof(AttributionOptions.ChannelDimension)} = 0." : ""));
    }

    /// <summary>
    /// Layers to compare, in the order of computation: of pictures the last of each fineness (1/2 to 1/32 of the input's side), of tokens the first of
    /// positions and those behind a quarter, half and three quarters of the work.
    /// </summary>
    /// <param name="host">For errors.</param>
    /// <param name="network">The network.</param>
    /// <param name="layout">Its inputs.</param>
    /// <param name="asked">The names of layers, which are taken instead, in their order; null: none.</param>
    /// <param name="option">The option that asks, for errors.</param>
    /// <exception cref="ArgumentException">A layer does not exist, or there is none to choose from.</exception>
    public static IReadOnlyList<LayerInfo> Candidates(IHost host, Network network, InputLayout layout, IReadOnlyList<string>? asked, string option)
    {
        var (layers, size) = Describe(host, network, layout, option);
        if (asked != null)
        {
            return asked.Select(name => layers.FirstOrDefault(layer => layer.Name == name) ?? throw host.ExceptUserArg(
                option,
                $"The network has no layer '{name}'. The nearest: {string.Join(", ", NearestNames.Of(name, layers.Select(layer => layer.Name)))}.")).ToArray();
        }

        LayerRule Rule(long pixelsPerPosition) => new(layers, network.WeightLayers, layout.ExplainedColumn, size, pixelsPerPosition);
        string?[] names = layout.ExplainedColumn.HoldsTokens ? [] : [.. Finenesses.Select(fineness => Rule(fineness).LastFine())];
        if (Array.TrueForAll(names, name => name == null)) names = Rule(MostPixelsPerPosition).SpreadOverPositions();
        var candidates = layers.Where(layer => names.Contains(layer.Name)).ToArray();
        host.CheckUserArg(candidates.Length > 0, option, $"No layer has positions of an input of size {Shapes.Format(size)}: name layers.");
        return candidates;
    }

    private static (IReadOnlyList<LayerInfo> Layers, IReadOnlyList<long> Size) Describe(IHost host, Network network, InputLayout layout, string option)
    {
        long length = layout.MaximumLength > 0 ? Math.Min(layout.MaximumLength, TrialLength) : TrialLength;
        var shapes = layout.Columns.Zip(network.Inputs, (column, input) => Shape(column, input)).ToArray();
        var explained = layout.ExplainedColumn;
        try
        {
            using var access = network.Access.Enter();
            return (network.DescribeLayers(shapes), explained.Positions(explained.IsVariable && explained.Shape.Count == 1 ? [length] : Open(explained.Shape)));
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or InvalidDataException or FormatException)
        {
            throw host.ExceptUserArg(option, option == nameof(AttributionOptions.Layer)
                ? $"{option} is not set, and the network does not tell its layers ({failure.Message.TrimEnd('.')}): name one."
                : $"The network does not tell its layers ({failure.Message.TrimEnd('.')}), so that none can be compared.");
        }

        IReadOnlyList<long> Shape(InputColumn column, NetworkInput input)
        {
            // A row may be another view of the values that the network declares.
            bool isView = input.Shape.Count > 0 && input.Shape.Count != column.Shape.Count + 1 && !TrialSizes.AreOpen(input.Shape);
            return isView ? [1, .. input.Shape.Skip(1)]
                : column.IsImage ? [1, .. Open(column.Shape)]
                : [1, .. column.Shape.Select(size => size < 0 ? length : size)];
        }

        static long[] Open(IReadOnlyList<long> shape) => shape.Select(size => size < 0 ? TrialSizes.Small : size).ToArray();
    }

    /// <summary>The last layer with enough positions that is not inside a block which makes them fewer; null: none has as many.</summary>
    private string? LastFine()
    {
        int last = _layers.Count - 1;
        while (last >= 0 && !IsFine(last)) last--;
        if (last < 0) return null;
        int end = last + 1 < _layers.Count ? FirstOfBlock(last + 1, last) : last + 1;
        for (int i = end - 1; i >= 0; i--)
        {
            if (IsFine(i)) return _layers[i].Name;
        }

        return _layers[last].Name;
    }

    /// <summary>
    /// The first layer of the largest block in which a layer lies, if all of the block before it has the positions of <paramref name="last"/>. Names are
    /// paths, and what they have in common is a block: "blocks.5/expand", "blocks.5/depthwise".
    /// </summary>
    private int FirstOfBlock(int index, int last)
    {
        string[] path = Path(index);
        for (int depth = 1; depth < path.Length; depth++)
        {
            int[] members = Enumerable.Range(0, index).Where(i => Path(i).Take(depth).SequenceEqual(path.Take(depth))).ToArray();
            bool hasOnePlace = members.All(i => Positions(i) is { } positions && positions.SequenceEqual(Positions(last)!));
            if (members.Length > 0 && hasOnePlace && Enumerable.Range(0, members[0]).Any(IsFine)) return members[0];
        }

        return index;
    }

    /// <summary>The finest layers begin behind the first weights; of those that no multiplication parts from the first of them, the last.</summary>
    private string? FirstOfPositions()
    {
        int[] places = Enumerable.Range(0, _layers.Count).Where(i => Positions(i) is { } positions && positions.Aggregate(1L, (product, count) => product * count) > 1).ToArray();
        if (places.Length == 0) return null;
        int weighted = Array.FindIndex(places, i => _weightLayers.Contains(_layers[i].Name));
        int first = places[Math.Max(weighted, 0)];
        return _layers[places.Last(i => _layers[i].CostShare == _layers[first].CostShare)].Name;
    }

    /// <summary>The explained input, where it is a row of numbers and has a name among the layers.</summary>
    private string? Table() => _size.Count == 1 && !_column.IsVariable && !_column.HoldsTokens && _layers.Any(layer => layer.Name == _column.InputName) ? _column.InputName : null;

    /// <summary>The first layer of positions, and those that begin the second to the fourth quarter of the work.</summary>
    private string?[] SpreadOverPositions()
    {
        var places = _layers.Where((_, index) => Positions(index) is { } positions && positions.Aggregate(1L, (product, count) => product * count) > 1).ToArray();
        return [FirstOfPositions(), .. Quarters.Select(share => places.FirstOrDefault(layer => layer.CostShare >= share)?.Name)];
    }

    private bool IsFine(int index)
        => (_layers[index].CostShare > 0 || !_hasCosts) && _layers[index].Shape.Count == _size.Count + 2 && Positions(index) is { } positions && positions.Zip(_size).All(pair => pair.First * _pixelsPerPosition >= pair.Second);

    /// <summary>A layer's positions over the input; null: it has none.</summary>
    private long[]? Positions(int index)
    {
        var shape = _layers[index].Shape;
        bool isGrid = shape.Count == _size.Count + 2;
        if (_size.Count == 0 || (!isGrid && !(shape.Count == 3 && _size.Count == 2))) return null;
        int channels = ChannelGuess.Of(shape, null, [], _column.HoldsTokens, _column.ChannelsLast, _size).Dimension;
        if (isGrid) return shape.Where((_, dimension) => dimension > 0 && dimension != channels).ToArray();
        return TokenGrid.Of(shape[3 - channels], _size) is var (rows, columns) ? [rows, columns] : null;
    }

    private string[] Path(int index) => _layers[index].Name.Split(['/', '.'], StringSplitOptions.RemoveEmptyEntries);
}

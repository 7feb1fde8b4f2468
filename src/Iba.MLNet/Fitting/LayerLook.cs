using Iba.Torch;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Looks at the first batch: where channels and positions are, what the outputs are, and whether the layer can be explained with these options.</summary>
internal sealed class LayerLook : IRowFit
{
    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly AttributionOptions _options;
    private readonly SplitNetwork _split;
    private readonly bool _atInput;
    private InputLayout _layout;
    private LayerFacts? _facts;

    /// <param name="host">For errors.</param>
    /// <param name="channel">Where it is said what was found.</param>
    /// <param name="options">The options.</param>
    /// <param name="layout">The network's inputs.</param>
    /// <param name="split">The network, cut; not disposed.</param>
    /// <param name="atInput">Whether the cut is at the explained input itself.</param>
    public LayerLook(IHost host, IChannel channel, AttributionOptions options, InputLayout layout, SplitNetwork split, bool atInput)
    {
        _host = host;
        _channel = channel;
        _options = options;
        _layout = layout;
        _split = split;
        _atInput = atInput;
    }

    /// <inheritdoc/>
    public bool IsPrepared => _facts != null;

    /// <inheritdoc/>
    public long Rows { get; private set; }

    /// <summary>What was found, once <see cref="IsPrepared"/>.</summary>
    public LayerFacts Facts => _facts!;

    /// <inheritdoc/>
    public void Prepare(Activation activation, InputBatch batch) => _facts ??= Look(activation, batch);

    /// <inheritdoc/>
    public void Add(Activation activation, InputBatch batch) => Rows += activation.Rows;

    private LayerFacts Look(Activation activation, InputBatch batch)
    {
        long[] shape = activation.Features.shape;
        if (!_atInput) GuessInput(shape);
        var column = _layout.ExplainedColumn;
        var size = column.Positions(column.IsVariable ? batch.Inputs[_layout.Explained].shape[1..] : column.Shape);
        int channelDimension = _atInput ? InputChannels(column, shape) : LayerChannels(column, shape, size);
        if (!_atInput) CheckMap(shape, size, channelDimension);
        var (classCount, output) = TailCheck.Run(_host, _split, activation, _options.Output);
        _channel.Info(
            "Layer '{0}' gives {1}: {2}; the network's outputs are taken as {3} ({4}).",
            _split.LayerName, Shapes.Format(shape), Describe(shape, size, channelDimension), output.ToString().ToLowerInvariant(),
            _options.Output != OutputKind.Auto ? "as the options say" : _split.Output != OutputKind.Auto ? "as the network says" : "by their values");
        CheckClasses(classCount);
        return new LayerFacts(_layout, channelDimension, shape[1..], classCount, output);
    }

    // The features are the input: their channels are where the rows' are, unless the network sees a row in other dimensions.
    private int InputChannels(InputColumn column, long[] shape)
        => column.Shape.Count + 1 == shape.Length
            ? column.ChannelDimension
            : throw _host.Except(
                $"Input '{_split.LayerName}' is {Shapes.Format(shape)} where rows are {Shapes.Format(column.Shape)}: name a layer with {nameof(_options.Layer)}.");

    private int LayerChannels(InputColumn column, long[] shape, IReadOnlyList<long> size)
    {
        var guess = ChannelGuess.Of(shape, _split.Layer.Shape, column.HoldsTokens, column.ChannelsLast, size);
        int dimension = _options.ChannelDimension ?? guess.Dimension;
        if (dimension >= shape.Length)
        {
            throw _host.ExceptUserArg(
                nameof(_options.ChannelDimension), $"Layer '{_split.LayerName}' gives {Shapes.Format(shape)}, which has no dimension {dimension}.");
        }

        if (_options.ChannelDimension == null && !guess.IsSure)
        {
            _channel.Warning(
                "The shape of layer '{0}' leaves it open which dimension holds the channels: {1} is taken. If that is wrong, set {2}.",
                _split.LayerName, dimension, nameof(_options.ChannelDimension));
        }

        return dimension;
    }

    private void CheckClasses(int classCount)
    {
        if (_options.TargetIndex >= classCount)
        {
            throw _host.ExceptUserArg(nameof(_options.TargetIndex), $"{nameof(_options.TargetIndex)} is {_options.TargetIndex}; the network has classes 0 to {classCount - 1}.");
        }

        if (_options.ClassNames is { } names && names.Length != classCount)
        {
            throw _host.ExceptUserArg(nameof(_options.ClassNames), $"{nameof(_options.ClassNames)} has {names.Length} names; the network has {classCount} classes.");
        }
    }

    // Rows of two dimensions may be signals [C, L], sequences [T, F] or pictures [H, W], those of three [C, H, W] or [H, W, C]: the layer tells.
    private void GuessInput(long[] features)
    {
        var column = _layout.ExplainedColumn;
        if (_options.InputChannelDimension != null || column.IsImage || column.Shape.Count is not (2 or 3)) return;
        var guess = ChannelGuess.OfInput(column.Shape, _options.Network!.Inputs[_layout.Explained].Shape, features, _options.ChannelDimension);
        _layout = _layout.WithChannels(guess.Dimension);
        if (guess.IsSure) return;
        _channel.Warning(
            "Rows of [{0}] and layer '{1}' of [{2}] leave it open which dimension of the rows holds channels: {3} is taken. If that is wrong, set {4}.",
            string.Join(", ", column.Shape), _split.LayerName, string.Join(", ", features), guess.Dimension == 0 ? "none" : guess.Dimension,
            nameof(_options.InputChannelDimension));
    }

    // A map of positions can only be laid over an input that has as many dimensions, or over a grid of patches.
    private void CheckMap(long[] features, IReadOnlyList<long> size, int channelDimension)
    {
        int positions = features.Length - 2;
        bool patches = positions == 1 && TokenGrid.Of(features[3 - channelDimension], size) != null;
        if (positions > 0 && positions != size.Count && !patches)
        {
            throw _host.Except(
                $"Layer '{_split.LayerName}' gives {Shapes.Format(features)}, whose {positions}-dimensional positions cannot be laid over an input " +
                $"of size {Shapes.Format(size)}. Choose a layer that gives " +
                $"{(size.Count == 2 ? "[N, C, H, W], [N, H, W, C], or [N, T, D] or [N, C, L] with a grid of positions" : "[N, C, L] or [N, T, D]")}." +
                (positions == 2 && _layout.ExplainedColumn.Shape.Count == 1 && !_layout.ExplainedColumn.IsVariable
                    ? $" If rows are pictures, say with {nameof(_options.InputShape)} of what size."
                    : ""));
        }
    }

    private string Describe(long[] features, IReadOnlyList<long> size, int channelDimension)
    {
        string input = string.Join(" x ", size);
        if (_layout.ExplainedColumn.ChannelDimension is > 0 and var inputChannels) input += $" with channels in dimension {inputChannels}";
        if (features.Length == 2) return $"channels without positions, which make an even map, over an input of {input}";
        long[] positions = features.Where((_, dimension) => dimension > 0 && dimension != channelDimension).ToArray();
        string places = string.Join(" x ", positions);
        places = positions.Length == size.Count || TokenGrid.Of(positions[0], size) is not var (rows, columns) ? $"positions {places}"
            : $"{places} tokens with a grid of {rows} x {columns}";
        return $"channels in dimension {channelDimension}, {places} over an input of {input}";
    }
}

using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Takes in the features of batch after batch, and checks that the layer can be explained with these options.</summary>
internal sealed class LayerSurvey : IDisposable
{
    private const float LargestSquarable = 1e18f;

    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly IbaEstimator.Options _options;
    private InputLayout _layout;
    private readonly SplitNetwork _split;
    private LayerStatisticsAccumulator? _accumulator;
    private long[]? _featureShape;
    private int _channelDimension;
    private bool _perChannel;
    private int _classCount;
    private OutputKind _output;

    public LayerSurvey(IHost host, IChannel channel, IbaEstimator.Options options, InputLayout layout, SplitNetwork split)
    {
        _host = host;
        _channel = channel;
        _options = options;
        _layout = layout;
        _split = split;
    }

    /// <summary>Whether it is decided how the layer is measured.</summary>
    public bool IsPrepared => _accumulator != null;

    /// <summary>The number of rows measured.</summary>
    public long Rows => _accumulator?.Count ?? 0;

    public void Dispose() => _accumulator?.Dispose();

    /// <summary>Decides, at the first batch, how the layer is measured; checks, at the others, that they fit.</summary>
    /// <exception cref="InvalidOperationException">The layer cannot be explained; no row is to blame.</exception>
    public void Prepare(Activation activation, InputBatch batch)
    {
        if (_accumulator == null) Start(activation, batch);
        CheckShape(activation.Features.shape);
    }

    /// <summary>Measures a batch; one of its rows may be to blame where this fails.</summary>
    public void Add(Activation activation, InputBatch batch)
    {
        var mask = _perChannel ? SequenceMask.Of(batch.Exists, activation.Features, _channelDimension) : null;
        _accumulator!.Add(activation.Features, mask);
    }

    /// <summary>What was measured.</summary>
    /// <exception cref="InvalidOperationException">The layer gave the same values in all rows.</exception>
    public LayerMeasurement ToMeasurement()
    {
        var statistics = _accumulator!.ToStatistics(_options.ActiveThreshold);
        using var scope = torch.NewDisposeScope();
        if (statistics.Std.max().item<float>() == 0)
        {
            statistics.Dispose();
            throw _host.Except($"Layer '{_options.Layer}' gave the same values in all {Rows} rows: it cannot carry information. Choose another layer, or check the data.");
        }

        float largest = Math.Max(statistics.Mean.abs().max().item<float>(), statistics.Std.max().item<float>());
        if (!(largest < LargestSquarable))
        {
            statistics.Dispose();
            throw _host.Except(
                $"Layer '{_options.Layer}' has means or deviations of {largest:G3}, too large to compute with: look for extreme values in the {Rows} rows.");
        }

        if (!statistics.Active.any().item<bool>())
        {
            statistics.Dispose();
            throw _host.ExceptUserArg(
                nameof(_options.ActiveThreshold), $"Is {_options.ActiveThreshold}: nothing of layer '{_options.Layer}' is active in a larger share of the rows. Lower it.");
        }

        // What may vary is not written down, also where it did not vary here.
        long[] shape = _layout.ExplainedColumn.IsVariable
            ? _featureShape!.Select((size, i) => i + 1 == _channelDimension || _featureShape!.Length == 1 ? size : -1).ToArray()
            : _featureShape!;
        _channel.Info("Fitted on {0} rows; {1} of {2} {3} are active.", Rows, statistics.Active.sum().item<long>(), statistics.Active.numel(),
            _perChannel ? "channels" : "neurons");
        return new LayerMeasurement(_layout, statistics, shape, _classCount, _output);
    }

    private void Start(Activation activation, InputBatch batch)
    {
        long[] shape = activation.Features.shape;
        GuessInput(shape);
        var column = _layout.ExplainedColumn;
        var size = column.Positions(column.IsVariable ? batch.Inputs[_layout.Explained].shape[1..] : column.Shape);
        var guess = ChannelGuess.Of(shape, _split.Layer.Shape, column.Kind, column.ChannelsLast, size);
        _channelDimension = _options.ChannelDimension ?? guess.Dimension;
        if (_channelDimension >= shape.Length)
        {
            throw _host.ExceptUserArg(
                nameof(_options.ChannelDimension), $"Layer '{_options.Layer}' gives [{string.Join(", ", shape)}], which has no dimension {_channelDimension}.");
        }

        _perChannel = _options.PerChannelStatistics ?? (column.IsVariable || _layout.Mask >= 0);
        if (!_perChannel && _layout.Mask >= 0)
        {
            throw _host.ExceptUserArg(
                nameof(_options.PerChannelStatistics), "Statistics per neuron cannot leave padding out: with a mask they must be per channel.");
        }

        CheckMap(shape, size);
        (_classCount, _output) = LayerProbe.ProbeTail(_host, _split, activation, _options.Output);
        _channel.Info(
            "Layer '{0}' gives [{1}]: {2}; statistics per {3}; the network's outputs are taken as {4} ({5}).",
            _options.Layer!, string.Join(", ", shape), Describe(shape, size), _perChannel ? "channel" : "neuron", _output.ToString().ToLowerInvariant(),
            _options.Output != OutputKind.Auto ? "as the options say" : _split.Output != OutputKind.Auto ? "as the network says" : "by their values");
        if (_options.ChannelDimension == null && !guess.IsSure)
        {
            _channel.Warning(
                "The shape of layer '{0}' leaves it open which dimension holds the channels: {1} is taken. If that is wrong, set {2}.",
                _options.Layer!, _channelDimension, nameof(_options.ChannelDimension));
        }

        if (_options.ClampToRelu && !_split.Layer.AfterRelu)
        {
            _channel.Warning("ClampToRelu is set, but layer '{0}' is not known to follow a ReLU.", _options.Layer!);
        }

        if (_options.TargetIndex >= _classCount)
        {
            throw _host.ExceptUserArg(nameof(_options.TargetIndex), $"Is {_options.TargetIndex}; the network has classes 0 to {_classCount - 1}.");
        }

        if (_options.ClassNames is { } names && names.Length != _classCount)
        {
            throw _host.ExceptUserArg(nameof(_options.ClassNames), $"Has {names.Length} names; the network has {_classCount} classes.");
        }

        _featureShape = shape[1..];
        _accumulator = new LayerStatisticsAccumulator(_channelDimension, _perChannel);
    }

    // Rows of two dimensions may be signals [C, L], sequences [T, F] or pictures [H, W], those of three [C, H, W] or [H, W, C]: the layer tells.
    private void GuessInput(long[] features)
    {
        var column = _layout.ExplainedColumn;
        if (_options.InputChannelDimension != null || column.Kind == InputKind.Image || column.Shape.Count is not (2 or 3)) return;
        var guess = ChannelGuess.OfInput(column.Shape, _options.Network!.Inputs[_layout.Explained].Shape, features, _options.ChannelDimension);
        _layout = _layout.WithChannels(guess.Dimension);
        if (guess.IsSure) return;
        _channel.Warning(
            "Rows of [{0}] and layer '{1}' of [{2}] leave it open which dimension of the rows holds channels: {3} is taken. If that is wrong, set {4}.",
            string.Join(", ", column.Shape), _options.Layer!, string.Join(", ", features), guess.Dimension == 0 ? "none" : guess.Dimension,
            nameof(_options.InputChannelDimension));
    }

    // A map of positions can only be laid over an input that has as many dimensions, or over a grid of patches.
    private void CheckMap(long[] features, IReadOnlyList<long> size)
    {
        int positions = features.Length - 2;
        bool patches = positions == 1 && TokenGrid.Of(features[3 - _channelDimension], size) != null;
        if (positions > 0 && positions != size.Count && !patches)
        {
            throw _host.Except(
                $"Layer '{_options.Layer}' gives [{string.Join(", ", features)}], whose {positions}-dimensional positions cannot be laid over an input " +
                $"of size [{string.Join(", ", size)}]. Choose a layer that gives " +
                $"{(size.Count == 2 ? "[N, C, H, W], [N, H, W, C], or [N, T, D] or [N, C, L] with a grid of positions" : "[N, C, L] or [N, T, D]")}." +
                (positions == 2 && _layout.ExplainedColumn.Shape.Count == 1 && !_layout.ExplainedColumn.IsVariable
                    ? $" If rows are pictures, say with {nameof(_options.InputShape)} of what size."
                    : ""));
        }
    }

    private string Describe(long[] features, IReadOnlyList<long> size)
    {
        string input = string.Join(" x ", size);
        if (_layout.ExplainedColumn.ChannelDimension is > 0 and var inputChannels) input += $" with channels in dimension {inputChannels}";
        if (features.Length == 2) return $"channels without positions, which make an even map, over an input of {input}";
        long[] positions = features.Where((_, dimension) => dimension > 0 && dimension != _channelDimension).ToArray();
        string places = string.Join(" x ", positions);
        places = positions.Length == size.Count || TokenGrid.Of(positions[0], size) is not var (rows, columns) ? $"positions {places}"
            : $"{places} tokens with a grid of {rows} x {columns}";
        return $"channels in dimension {_channelDimension}, {places} over an input of {input}";
    }

    private void CheckShape(long[] shape)
    {
        long[] row = shape[1..];
        if (row.SequenceEqual(_featureShape!)) return;
        if (!_perChannel || row.Length != _featureShape!.Length)
        {
            throw _host.Except(
                $"Layer '{_options.Layer}' gives features [{string.Join(", ", row)}] for some rows, [{string.Join(", ", _featureShape!)}] for others. " +
                "Statistics per neuron need one shape: give all inputs one size, or set PerChannelStatistics.");
        }

        _featureShape = _featureShape.Select((size, i) => size == row[i] ? size : -1).ToArray();
    }
}

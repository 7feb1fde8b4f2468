using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Looks at the first batch: where channels and positions are, what the outputs are, and whether the layer can be explained with these options.</summary>
internal sealed class LayerLook : IRowFit
{
    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly AttributionOptions _options;
    private readonly SplitNetwork _split;
    private readonly bool _atInput;
    private readonly Action<int> _checkLabels;
    private InputLayout _layout;
    private LayerFacts? _facts;

    /// <param name="host">For errors.</param>
    /// <param name="channel">Where it is said what was found.</param>
    /// <param name="options">The options.</param>
    /// <param name="layout">The network's inputs.</param>
    /// <param name="split">The network, cut; not disposed.</param>
    /// <param name="atInput">Whether the cut is at the explained input itself.</param>
    /// <param name="checkLabels">Told the number of classes; throws where labels stand for none.</param>
    public LayerLook(
        IHost host, IChannel channel, AttributionOptions options, InputLayout layout, SplitNetwork split, bool atInput, Action<int> checkLabels)
    {
        _host = host;
        _channel = channel;
        _options = options;
        _layout = layout;
        _split = split;
        _atInput = atInput;
        _checkLabels = checkLabels;
    }

    /// <inheritdoc/>
    public bool IsPrepared => _facts != null;

    /// <inheritdoc/>
    public long Rows { get; private set; }

    /// <inheritdoc/>
    public InputLayout Layout => _layout;

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
        if (!_atInput) CheckMap(shape, size, channelDimension, batch.Inputs);
        var target = _options.AskedTarget;
        var (classCount, output) = target.IsOfClasses
            ? TailCheck.Run(_host, _split, activation, _options.Output)
            : TargetCheck.Run(_host, _split, activation, _options.Output, target, size);
        _channel.Info(
            "Layer '{0}' gives {1}: {2}; the network's output {3}has {4} {7}, taken as {5} ({6}).",
            _split.LayerName, Shapes.Format(shape), Describe(shape, size, channelDimension),
            NetworkDescription.OutputName(_options.Network!) is { } name ? $"'{name}' " : "", classCount, output.ToString().ToLowerInvariant(),
            _options.Output != OutputKind.Auto ? "as the options say" : _split.Output != OutputKind.Auto ? "as the network says" : "by their values",
            output == OutputKind.Values ? "values" : "classes");
        if (!_atInput && shape.Length == 2 && channelDimension > 0)
        {
            _channel.Warning(
                "Layer '{0}' has channels and no positions: its map is the same everywhere, and only the total says something. Choose a layer with positions or, where each value belongs " +
                "to one of the row, set {1} to 0.",
                _split.LayerName, nameof(_options.ChannelDimension));
        }

        WarnOfOtherOutputs();
        _layout = new PaddingCheck(_host, _channel, _layout, _options.Network!, _split, batch).Run();
        CheckClasses(classCount, output);
        DegradationCheck.Run(_host, _options, _layout);
        _checkLabels(classCount);
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
        // Each column of a table is a place of its own; at any later layer [N, C] they are mixed.
        bool isTable = shape.Length == 2 && size.Count == 1 && shape[1] == size[0] && !column.IsVariable && _layout.Mask < 0 && _split.LayerName == column.InputName;
        if (_options.ChannelDimension == null && isTable) return 0;
        var guess = ChannelGuess.Of(shape, _split.ChannelDimension, _split.Layer.Shape, column.HoldsTokens, column.ChannelsLast, size);
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

    private void WarnOfOtherOutputs()
    {
        var network = _options.Network!;
        var others = NetworkDescription.OtherOutputs(network);
        if (others.Count == 0) return;
        _channel.Warning(
            "The network has several outputs that class scores could be read from: '{0}' is taken, not {1}. To say which, load the network with new {2} {{ {3} = \"{4}\" }}.",
            NetworkDescription.OutputName(network)!, string.Join(", ", others.Select(output => $"'{output}'")),
            nameof(OnnxNetworkOptions), nameof(OnnxNetworkOptions.OutputName), others[0]);
    }

    private void CheckClasses(int classCount, OutputKind output)
    {
        CheckEvaluatorColumn(_options.ProbabilityColumnName, nameof(_options.ProbabilityColumnName), classCount == 2, classCount, output);
        CheckEvaluatorColumn(_options.ScoreColumnName, nameof(_options.ScoreColumnName), classCount == 2, classCount, output);
        CheckEvaluatorColumn(_options.PredictedLabelColumnName, nameof(_options.PredictedLabelColumnName), true, classCount, output);
        if (_options.TargetIndex >= classCount)
        {
            throw _host.ExceptUserArg(nameof(_options.TargetIndex), $"{nameof(_options.TargetIndex)} is {_options.TargetIndex}; the network has classes 0 to {classCount - 1}.");
        }

        if (_options.AskedTarget.LargestIndex >= classCount)
        {
            throw _host.ExceptUserArg(
                nameof(_options.Target), $"{nameof(_options.Target)} is '{_options.AskedTarget}'; the network has {(output == OutputKind.Values ? "outputs" : "classes")} 0 to {classCount - 1}.");
        }

        if (_options.TargetBoxColumnName is { } boxes && !_options.AskedTarget.Questions.All(question => question is BoxTarget))
        {
            throw _host.ExceptUserArg(
                nameof(_options.TargetBoxColumnName), $"{nameof(_options.TargetBoxColumnName)} is '{boxes}', but target '{_options.AskedTarget}' is no box: leave it out, or explain {nameof(ExplanationTarget.Box)}.");
        }

        if (_options.ClassNames is { } names && names.Length != classCount)
        {
            throw _host.ExceptUserArg(nameof(_options.ClassNames), $"{nameof(_options.ClassNames)} has {names.Length} names; the network has {classCount} classes.");
        }
    }

    private void CheckEvaluatorColumn(string? name, string option, bool isForSoMany, int classCount, OutputKind output)
    {
        if (name != null && !_options.AskedTarget.IsOfClasses)
        {
            throw _host.ExceptUserArg(
                option, $"{option} is '{name}', but target '{_options.AskedTarget}' is no class of a classifier: {nameof(_options.ScoresColumnName)} gives what it reports.");
        }

        if (name == null || (isForSoMany && output != OutputKind.MultiLabel)) return;
        throw _host.ExceptUserArg(
            option,
            $"{option} is '{name}', but the network has {classCount} {(output == OutputKind.MultiLabel ? "labels that do not exclude each other" : "classes, not two")}: " +
            $"{nameof(_options.ScoresColumnName)} gives the probabilities of all.");
    }

    // Rows of two dimensions may be signals [C, L], sequences [T, F] or pictures [H, W], those of three [C, H, W], [H, W, C] or [D, H, W], those
    // of four [C, D, H, W] or [D, H, W, C]: the layer tells.
    private void GuessInput(long[] features)
    {
        var column = _layout.ExplainedColumn;
        if (_options.InputChannelDimension != null || column.IsImage || column.Shape.Count is not (2 or 3 or 4)) return;
        var guess = ChannelGuess.OfInput(column.Shape, _options.Network!.Inputs[_layout.Explained].Shape, features, _options.ChannelDimension);
        _layout = _layout.WithChannels(guess.Dimension);
        if (guess.IsSure) return;
        _channel.Warning(
            "Rows of [{0}] and layer '{1}' of [{2}] leave it open which dimension of the rows holds channels: {3} is taken. If that is wrong, set {4}.",
            string.Join(", ", column.Shape), _split.LayerName, string.Join(", ", features), guess.Dimension == 0 ? "none" : guess.Dimension,
            nameof(_options.InputChannelDimension));
    }

    // A map of positions can only be laid over an input that has as many dimensions, or over a grid of patches.
    private void CheckMap(long[] features, IReadOnlyList<long> size, int channelDimension, IReadOnlyList<torch.Tensor> inputs)
    {
        int positions = features.Length - (channelDimension == 0 ? 1 : 2);
        bool patches = positions == 1 && channelDimension > 0 && TokenGrid.Of(features[3 - channelDimension], size) != null;
        if (channelDimension == 0 && positions == 1 && size.Count == 1 && features[1] != size[0])
        {
            throw _host.ExceptUserArg(
                nameof(_options.ChannelDimension),
                $"Layer '{_split.LayerName}' gives {Shapes.Format(features)}, and rows have {size[0]} values: where there are no channels, each value of the layer belongs to one of the row. " +
                $"Leave {nameof(_options.ChannelDimension)} open, or choose another layer.");
        }

        if (positions > 0 && positions != size.Count && !patches)
        {
            throw _host.Except(
                $"Layer '{_split.LayerName}' gives {Shapes.Format(features)}, whose {positions}-dimensional positions cannot be laid over an input " +
                $"of size {Shapes.Format(size)}. Choose a layer that gives " +
                $"{size.Count switch { 3 => "[N, C, D, H, W] or [N, D, H, W, C]", 2 => "[N, C, H, W], [N, H, W, C], or [N, T, D] or [N, C, L] with a grid of positions", _ => "[N, C, L] or [N, T, D]" }}" +
                $"{Neighbours(inputs, size)}." +
                (positions == 2 && _layout.ExplainedColumn.Shape.Count == 1 && !_layout.ExplainedColumn.IsVariable
                    ? $" If rows are pictures, say with {nameof(_options.InputShape)} of what size."
                    : ""));
        }
    }

    // Windows and shuffles unfold a picture and fold it again: the layers around them can be laid over it.
    private string Neighbours(IReadOnlyList<torch.Tensor> inputs, IReadOnlyList<long> size)
    {
        LayerInfo[] layers;
        try
        {
            layers = [.. _options.Network!.DescribeLayers(inputs.Select(input => (IReadOnlyList<long>)[1, .. input.shape.Skip(1)]).ToArray())];
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or InvalidDataException or FormatException)
        {
            return "";
        }

        int here = Array.FindIndex(layers, layer => layer.Name == _split.LayerName || layer.Name == _split.Layer.Name);
        if (here < 0) return "";
        string[] near = new[] { layers[..here].LastOrDefault(Fits), layers[(here + 1)..].FirstOrDefault(Fits) }
            .OfType<LayerInfo>().Select(layer => $"'{layer.Name}' {Shapes.Format(layer.Shape)}").ToArray();
        return near.Length == 0 ? "" : $", such as {string.Join(" before it or ", near)}{(near.Length == 2 ? " after it" : "")}";

        bool Fits(LayerInfo layer)
            => layer.Shape.Count == size.Count + 2
                || (layer.Shape.Count == 3 && size.Count == 2 && (TokenGrid.Of(layer.Shape[1], size) ?? TokenGrid.Of(layer.Shape[2], size)) != null);
    }

    private string Describe(long[] features, IReadOnlyList<long> size, int channelDimension)
    {
        string input = string.Join(" x ", size);
        if (_layout.ExplainedColumn.ChannelDimension is > 0 and var inputChannels) input += $" with channels in dimension {inputChannels}";
        if (channelDimension == 0) return $"each value a position, over an input of {input}";
        if (features.Length == 2) return $"channels without positions, which make an even map, over an input of {input}";
        long[] positions = features.Where((_, dimension) => dimension > 0 && dimension != channelDimension).ToArray();
        string places = string.Join(" x ", positions);
        places = positions.Length == size.Count || TokenGrid.Of(positions[0], size) is not var (rows, columns) ? $"positions {places}"
            : $"{places} tokens with a grid of {rows} x {columns}";
        return $"channels in dimension {channelDimension}, {places} over an input of {input}";
    }
}

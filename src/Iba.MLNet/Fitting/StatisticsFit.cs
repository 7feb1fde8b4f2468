using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Measures mean and deviation of a layer, batch by batch, after a first look at it.</summary>
internal sealed class StatisticsFit : IRowFit, IDisposable
{
    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly MeasuringOptions _options;
    private readonly LayerLook _look;
    private readonly SplitNetwork _split;
    private readonly int _mask;
    private LayerStatisticsAccumulator? _accumulator;
    private readonly OutputMoments? _outputs;
    private IReadOnlyList<long> _featureShape = [];
    private bool _perChannel;

    /// <param name="host">For errors.</param>
    /// <param name="channel">Where it is said what was decided.</param>
    /// <param name="options">How to measure.</param>
    /// <param name="look">The first look; owned by the caller, as is the network.</param>
    /// <param name="layout">The network's inputs.</param>
    /// <param name="split">The network, cut.</param>
    public StatisticsFit(IHost host, IChannel channel, MeasuringOptions options, LayerLook look, InputLayout layout, SplitNetwork split)
    {
        _host = host;
        _channel = channel;
        _options = options;
        _look = look;
        _mask = layout.Mask;
        if (options.MeasuresOutputs) _outputs = new OutputMoments();
        _split = split;
    }

    /// <inheritdoc/>
    public bool IsPrepared => _accumulator != null;

    /// <inheritdoc/>
    public long Rows => _accumulator?.Count ?? 0;

    /// <inheritdoc/>
    public InputLayout Layout => _look.Layout;

    /// <inheritdoc/>
    public void Prepare(Activation activation, InputBatch batch)
    {
        if (_accumulator == null) Start(activation, batch);
        CheckShape(activation.Features.shape);
    }

    /// <inheritdoc/>
    public void Add(Activation activation, InputBatch batch)
    {
        var mask = _perChannel ? SequenceMask.Of(batch.Exists, activation.Features, _look.Facts.ChannelDimension) : null;
        _accumulator!.Add(activation.Features, mask);
        if (_outputs != null) AddOutputs(activation, _outputs);
    }

    /// <summary>What was measured; takes the sums along.</summary>
    public LayerMeasurement ToMeasurement()
    {
        var facts = _look.Facts;
        return new LayerMeasurement(
            _split.LayerName,
            _split.HeadFingerprint(),
            facts with { FeatureShape = LayerFacts.Open(_featureShape, facts.Input, facts.ChannelDimension) },
            _accumulator!)
        {
            Outputs = _outputs,
        };
    }

    /// <summary>Disposes the sums, unless a measurement took them along.</summary>
    public void Dispose() => _accumulator?.Dispose();

    private void AddOutputs(Activation activation, OutputMoments outputs)
    {
        using var scope = torch.NewDisposeScope();
        using var grad = torch.no_grad();
        var values = _split.Tail(activation.Features, activation).to(torch.float64).cpu().reshape(activation.Rows, -1);
        for (long row = 0; row < activation.Rows; row++) outputs.Add(values[row].contiguous().data<double>().ToArray());
    }

    private void Start(Activation activation, InputBatch batch)
    {
        _look.Prepare(activation, batch);
        var facts = _look.Facts;
        _perChannel = _options.PerChannelStatistics ?? (facts.Input.ExplainedColumn.IsVariable || _mask >= 0);
        if (_perChannel && facts.ChannelDimension == 0)
        {
            throw _host.ExceptUserArg(
                nameof(MeasuringOptions.PerChannelStatistics),
                $"Layer '{_split.LayerName}' has no channels, each of its values is a position: leave {nameof(MeasuringOptions.PerChannelStatistics)} open, or say with {nameof(AttributionOptions.ChannelDimension)} which dimension holds channels.");
        }

        if (!_perChannel && _mask >= 0)
        {
            throw _host.ExceptUserArg(
                nameof(MeasuringOptions.PerChannelStatistics), "Statistics per neuron cannot leave padding out: with a mask they must be per channel.");
        }

        _channel.Info("Statistics of layer '{0}' are taken per {1}.", _split.LayerName, _perChannel ? "channel" : "neuron");
        if (_options.ClampToRelu && !_split.Layer.AfterRelu)
        {
            _channel.Warning("ClampToRelu is set, but layer '{0}' is not known to follow a ReLU.", _split.LayerName);
        }

        _featureShape = facts.FeatureShape;
        _accumulator = new LayerStatisticsAccumulator(facts.ChannelDimension, _perChannel);
    }

    private void CheckShape(long[] shape)
    {
        long[] row = shape[1..];
        if (row.SequenceEqual(_featureShape)) return;
        if (!_perChannel || row.Length != _featureShape.Count)
        {
            throw _host.Except(
                $"Layer '{_split.LayerName}' gives features {Shapes.Format(row)} for some rows, {Shapes.Format(_featureShape)} for others. " +
                $"Statistics per neuron need one shape: give all inputs one size, or set {nameof(MeasuringOptions.PerChannelStatistics)}.");
        }

        _featureShape = _featureShape.Select((size, i) => size == row[i] ? size : -1).ToArray();
    }
}

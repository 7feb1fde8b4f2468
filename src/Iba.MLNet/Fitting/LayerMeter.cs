using System.Runtime.InteropServices;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Measures the layer over the rows of a view, batch by batch: the work of Fit.</summary>
internal sealed class LayerMeter : IDisposable
{
    private const int FewRows = 100;
    private const int RowsPerMessage = 500;

    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly IbaEstimator.Options _options;
    private readonly InputLayout _layout;
    private readonly Network _network;
    private readonly SplitNetwork _split;
    private readonly List<InputRow> _pending = [];
    private LayerStatisticsAccumulator? _accumulator;
    private long[]? _featureShape;
    private int _channelDimension;
    private bool _perChannel;
    private int _classCount;
    private OutputKind _output;

    public LayerMeter(IHost host, IChannel channel, IbaEstimator.Options options, InputLayout layout)
    {
        _host = host;
        _channel = channel;
        _options = options;
        _layout = layout;
        _network = options.Network!;
        _split = _network.Split(options.Layer!);
    }

    /// <summary>Reads the view's first rows, up to the option's maximum.</summary>
    public LayerMeasurement Measure(IDataView input)
    {
        long? total = input.GetRowCount() is { } count ? Math.Min(count, _options.MaximumFitRows) : null;
        var names = _layout.ColumnNames.ToHashSet();
        using var cursor = input.GetRowCursor(input.Schema.Where(column => names.Contains(column.Name) && !column.IsHidden));
        var reader = new InputRowReader(_host, _layout, null, 0, cursor);
        long rows = 0, told = 0;
        while (rows < _options.MaximumFitRows && cursor.MoveNext())
        {
            if (!TryRead(reader)) continue;
            rows++;
            if (_pending.Count == _options.BatchSize) MeasurePending();
            if (rows - told >= RowsPerMessage)
            {
                told = rows;
                _channel.Info("Measured layer '{0}' on {1} rows.", _options.Layer!, rows);
            }

            if (_pending.Count == 0) _options.Progress?.Report(new IbaProgress(IbaPhase.Fitting, rows, total));
        }

        MeasurePending();
        CheckRows(rows);
        _options.Progress?.Report(new IbaProgress(IbaPhase.Fitting, rows, total ?? rows));
        return ToMeasurement(rows);
    }

    public void Dispose()
    {
        _accumulator?.Dispose();
        _split.Dispose();
    }

    private bool TryRead(InputRowReader reader)
    {
        try
        {
            _pending.Add(reader.Read());
            return true;
        }
        catch (InvalidOperationException failure) when (_options.BadRows == BadRowHandling.Missing)
        {
            _channel.Warning("Row left out. {0}", failure.Message);
            return false;
        }
    }

    private void MeasurePending()
    {
        if (_pending.Count == 0) return;
        _host.CheckAlive();
        // Other transformers may share the network and be at work with it.
        lock (_network)
        {
            using var scope = torch.NewDisposeScope();
            foreach (var batch in InputBatch.Form(_pending, Enumerable.Range(0, _pending.Count), _layout, _network.Inputs, _network.Device))
            {
                using (batch) Measure(batch);
            }
        }

        _pending.Clear();
    }

    private void Measure(InputBatch batch)
    {
        string rows = $"rows {_pending[batch.Rows[0]].Position} to {_pending[batch.Rows[^1]].Position}";
        using var activation = Attempt(rows, () => _split.Head(batch.Inputs));
        if (_accumulator == null) Start(activation, batch);
        CheckShape(activation.Features.shape, rows);
        Attempt(rows, () =>
        {
            var mask = _perChannel ? SequenceMask.Of(batch.Exists, activation.Features, _channelDimension) : null;
            _accumulator!.Add(activation.Features, mask);
            return true;
        });
    }

    private T Attempt<T>(string rows, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (failure is ExternalException or ArgumentException or InvalidDataException or FormatException
            or InvalidOperationException and not ObjectDisposedException)
        {
            throw _host.Except(failure, $"Layer '{_options.Layer}' cannot be measured on {rows}: {failure.Message.Split('\n')[0]}");
        }
    }

    private void Start(Activation activation, InputBatch batch)
    {
        long[] shape = activation.Features.shape;
        _channelDimension = _options.ChannelDimension ?? LayerProbe.ChannelDimension(
            shape, _layout.ExplainedColumn.Kind, batch.Inputs[_layout.Explained].shape[1]);
        if (_channelDimension >= shape.Length)
        {
            throw _host.ExceptUserArg(
                nameof(_options.ChannelDimension), $"Layer '{_options.Layer}' gives [{string.Join(", ", shape)}], which has no dimension {_channelDimension}.");
        }

        _perChannel = _options.PerChannelStatistics ?? (_layout.ExplainedColumn.IsVariable || _layout.Mask >= 0);
        if (!_perChannel && _layout.Mask >= 0)
        {
            throw _host.ExceptUserArg(
                nameof(_options.PerChannelStatistics), "Statistics per neuron cannot leave padding out: with a mask they must be per channel.");
        }

        CheckMap(shape);
        (_classCount, _output) = LayerProbe.ProbeTail(_host, _split, activation, _options.Output);
        _channel.Info(
            "Layer '{0}' gives [{1}]; statistics per {2}; the network's outputs are taken as {3} ({4}).",
            _options.Layer!, string.Join(", ", shape), _perChannel ? "channel" : "neuron", _output.ToString().ToLowerInvariant(),
            _options.Output != OutputKind.Auto ? "as the options say" : _split.Output != OutputKind.Auto ? "as the network says" : "by their values");
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

    // A map of positions can only be laid over an input that has as many dimensions.
    private void CheckMap(long[] features)
    {
        int positions = features.Length - 2, dimensions = _layout.MapSize.Count;
        if (positions > 0 && positions != dimensions)
        {
            throw _host.Except(
                $"Layer '{_options.Layer}' gives [{string.Join(", ", features)}], whose {positions}-dimensional positions cannot be laid over an input " +
                $"of {dimensions} dimensions (beside its channels). Choose a layer that gives {(dimensions == 2 ? "[N, C, H, W]" : "[N, C, L] or [N, T, D]")}.");
        }
    }

    private void CheckShape(long[] shape, string rows)
    {
        long[] row = shape[1..];
        if (row.SequenceEqual(_featureShape!)) return;
        if (!_perChannel || row.Length != _featureShape!.Length)
        {
            throw _host.Except(
                $"Layer '{_options.Layer}' gives features [{string.Join(", ", row)}] for {rows}, [{string.Join(", ", _featureShape!)}] for others. " +
                "Statistics per neuron need one shape: give all inputs one size, or set PerChannelStatistics.");
        }

        _featureShape = _featureShape.Select((size, i) => size == row[i] ? size : -1).ToArray();
    }

    private void CheckRows(long rows)
    {
        if (rows == 0) throw _host.Except("Cannot fit: the input has no rows.");
        if (rows == 1) throw _host.Except("Cannot fit on 1 row: a standard deviation needs at least 2, a good one 100 or more.");
        if (rows < FewRows)
        {
            _channel.Warning("Fitted on {0} rows only: mean and deviation are rough below {1}. Add more data of the kind to be explained.", rows, FewRows);
        }
    }

    private LayerMeasurement ToMeasurement(long rows)
    {
        var statistics = _accumulator!.ToStatistics(_options.ActiveThreshold);
        using var scope = torch.NewDisposeScope();
        if (statistics.Std.max().item<float>() == 0)
        {
            statistics.Dispose();
            throw _host.Except($"Layer '{_options.Layer}' gave the same values in all {rows} rows: it cannot carry information. Choose another layer, or check the data.");
        }

        // What may vary is not written down, also where it did not vary here.
        var shape = _layout.ExplainedColumn.IsVariable
            ? _featureShape!.Select((size, i) => i + 1 == _channelDimension || _featureShape!.Length == 1 ? size : -1).ToArray()
            : _featureShape!;
        _channel.Info("Fitted on {0} rows; {1} of {2} {3} are active.", rows, statistics.Active.sum().item<long>(), statistics.Active.numel(),
            _perChannel ? "channels" : "neurons");
        return new LayerMeasurement(statistics, shape, _classCount, _output);
    }
}

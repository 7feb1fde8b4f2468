using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Sends the rows of a view through the head of a network, batch by batch: the work of Fit. A bad row does not take others with it.</summary>
internal sealed class FitLoop
{
    private const int RowsPerMessage = 500;

    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly AttributionOptions _options;
    private readonly InputLayout _layout;
    private readonly Network _network;
    private readonly SplitNetwork _split;
    private readonly IRowFit _fit;
    private readonly List<InputRow> _pending = [];

    /// <param name="host">For messages and cancellation.</param>
    /// <param name="channel">Where messages go.</param>
    /// <param name="options">The options.</param>
    /// <param name="layout">The network's inputs.</param>
    /// <param name="split">The network, cut; not disposed.</param>
    /// <param name="fit">What takes the features in.</param>
    public FitLoop(IHost host, IChannel channel, AttributionOptions options, InputLayout layout, SplitNetwork split, IRowFit fit)
    {
        _host = host;
        _channel = channel;
        _options = options;
        _layout = layout;
        _network = options.Network!;
        _split = split;
        _fit = fit;
    }

    /// <summary>Where the rows' classes are read from; null: nowhere.</summary>
    public FitLabels? Labels { get; init; }

    /// <summary>The number of rows that were left out, being bad ones.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Reads the view's first rows.</summary>
    /// <param name="input">The view.</param>
    /// <param name="maximumRows">At most so many good rows are read.</param>
    public void Run(IDataView input, long maximumRows)
    {
        long? total = input.GetRowCount() is { } count ? Math.Min(count, maximumRows) : null;
        var names = _layout.ColumnNames.ToHashSet();
        if (_options.RowIdColumnName is { } rowId) names.Add(rowId);
        if (Labels != null) names.Add(Labels.ColumnName);
        using var cursor = input.GetRowCursor(input.Schema.Where(column => names.Contains(column.Name) && !column.IsHidden));
        var reader = new InputRowReader(
            _host, _layout, Labels?.ColumnName, Labels?.ClassCount ?? 0, Labels?.ClassNames, _network.Inputs, cursor, _options.RowIdColumnName);
        for (long rows = 0; rows < maximumRows && cursor.MoveNext();)
        {
            if (!TryRead(reader))
            {
                LeftOut++;
                continue;
            }

            rows++;
            if (_pending.Count < _options.BatchSize) continue;
            MeasurePending();
            _options.Progress?.Report(new IbaProgress(IbaPhase.Fitting, rows, total));
            if (rows / RowsPerMessage > (rows - _options.BatchSize) / RowsPerMessage)
            {
                _channel.Info("Measured layer '{0}' on {1} rows.", _split.LayerName, rows);
            }
        }

        MeasurePending();
        if (_fit.Rows == 0 && LeftOut > 0) throw _host.Except($"Cannot fit: rows left out: {LeftOut}, measured: none. The warnings say why.");
        if (_fit.Rows == 0) throw _host.Except("Cannot fit: the input has no rows.");
        _options.Progress?.Report(new IbaProgress(IbaPhase.Fitting, _fit.Rows, total ?? _fit.Rows));
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
        using (_network.Access.Enter())
        {
            using var scope = torch.NewDisposeScope();
            using var differentiable = torch.inference_mode(false);
            using var rounding = TensorFloat32.Use(_options.AllowTensorFloat32, _network.Device.type);
            if (!_fit.IsPrepared) TryPrepare(InputBatch.Group(_pending, _layout)[0]);
            foreach (int[] group in Groups()) MeasureGroup(group);
        }

        _pending.Clear();
    }

    // Kernels of a CPU round differently by the number of rows, which deep networks amplify: one by one and in the order of the rows, the
    // statistics are the same for every batch size. A GPU would be idle with one row.
    private IEnumerable<int[]> Groups()
        => _fit.TakesSingleRows || _network.Device.type == DeviceType.CPU ? Enumerable.Range(0, _pending.Count).Select(row => new[] { row }) : InputBatch.Group(_pending, _fit.Layout);

    // A single row may be blank, or a bad one: several tell more about the network. Where they fail, the rows are tried one by one.
    private void TryPrepare(int[] group)
    {
        InputBatch? batch = null;
        Activation? activation = null;
        try
        {
            batch = InputBatch.Create(_pending, group, _layout, _network.Inputs, _network.Device);
            activation = LostScalar.Repeat(() => _split.Head(batch.Inputs));
        }
        catch (Exception failure) when (RowBlame.IsPossible(failure))
        {
        }

        using (batch)
        using (activation)
        {
            if (activation != null) _fit.Prepare(activation, batch!);
        }
    }

    private void MeasureGroup(int[] group)
    {
        if (TryMeasure(group) is not { } failure) return;
        // One row may be to blame, such as an id outside the vocabulary: find it.
        if (group.Length > 1)
        {
            foreach (int row in group) MeasureGroup([row]);
            return;
        }

        string message = $"{_pending[group[0]].Identity}: layer '{_split.LayerName}' cannot be measured: {NativeError.FirstLine(failure)}";
        if (_options.BadRows == BadRowHandling.Throw) throw _host.Except(failure, message);
        LeftOut++;
        _channel.Warning("Row left out. {0}", message);
    }

    /// <summary>Measures a group of rows; what went wrong, where a row may be to blame, else null.</summary>
    private Exception? TryMeasure(int[] group)
    {
        InputBatch? batch = null;
        Activation? activation = null;
        bool prepared = false;
        try
        {
            batch = InputBatch.Create(_pending, group, _layout, _network.Inputs, _network.Device);
            activation = LostScalar.Repeat(() => _split.Head(batch.Inputs));
            _fit.Prepare(activation, batch);
            prepared = true;
            _fit.Add(activation, batch);
            return null;
        }
        catch (Exception failure) when ((activation == null || prepared) && RowBlame.IsPossible(failure))
        {
            return failure;
        }
        finally
        {
            activation?.Dispose();
            batch?.Dispose();
        }
    }
}

using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// <see cref="IEstimator{TTransformer}"/> that explains the predictions of a classifier by the information bottleneck for attribution
/// (IBA): which parts of its input did the network need, in bits?
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Yes |
/// | Input column data type | <xref:Microsoft.ML.Data.MLImage>, known-size vector of <xref:System.Single>, or vector of integers or keys |
/// | Output column data type | Vector of <xref:System.Single>, `[H, W]` bits per pixel or `[L]` bits per position |
/// | Required NuGet in addition to Microsoft.ML | Iba.MLNet, and a native libtorch |
/// | Exportable to ONNX | No |
///
/// Fit runs the network up to the layer over the data and measures each neuron's mean and standard deviation. Transform adds, for each row,
/// noise of that mean and deviation to the layer's features, and finds by gradient descent the least information that has to pass for the
/// prediction to hold (Schulz, Sixt, Tombari, Landgraf: Restricting the Flow: Information Bottlenecks for Attribution, ICLR 2020). What
/// passes is counted in bits, summed over channels and stretched to the input's size.
///
/// The transformer shares the network that the options name and does not dispose it; a transformer loaded from a file owns its network.
/// Rows are computed in batches, only when a value of an added column is asked for. A row's result depends on the row, the network, the
/// statistics and the seed alone, not on batch, order or thread (up to rounding).
/// ]]></format>
/// </remarks>
/// <seealso cref="IbaCatalog.Iba(TransformsCatalog, Options)"/>
public sealed partial class IbaEstimator : IEstimator<IbaTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;
    private readonly InputBinder _binder;
    private readonly IReadOnlyList<OutputColumn> _outputs;

    internal IbaEstimator(IHostEnvironment env, Options options)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(IbaEstimator));
        _host.CheckValue(options, nameof(options));
        _options = options.Clone();
        _options.InputColumnName ??= _options.OutputColumnName;
        CheckOptions();
        _outputs = OutputColumn.Of(_options);
        foreach (var column in _outputs) _host.CheckNonWhiteSpace(column.Name, column.OptionName);
        string? twice = _outputs.GroupBy(column => column.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        _host.CheckUserArg(twice == null, nameof(options.OutputColumnName), $"Two output columns are named '{twice}'.");
        _binder = new InputBinder(_host, _options);

        TorchLibrary.EnsureLoaded();
        // Fails here, not at Fit, for a layer that does not exist or is no cut.
        lock (_options.Network!)
        {
            using var split = _options.Network.Split(_options.Layer!);
            string explained = _options.InputName ?? _options.Network.Inputs[0].Name;
            _host.CheckUserArg(
                split.Explains(explained),
                nameof(options.Layer),
                $"The features of the explained input '{explained}' do not pass through layer '{_options.Layer}', or not all of them: choose another layer, " +
                $"or another input with {nameof(options.InputName)}.");
        }
    }

    /// <summary>Measures the layer over at most <see cref="Options.MaximumFitRows"/> rows.</summary>
    /// <param name="input">At least 2 rows, better 100 or more, of the kind that will be explained.</param>
    /// <exception cref="InvalidOperationException">
    /// The data is empty or a row cannot be read, or the layer does not carry information; the message names row and column.
    /// </exception>
    public IbaTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        _binder.Check(SchemaShape.Create(input.Schema));
        using var channel = _host.Start("Fit");
        var network = _options.Network!;
        if (DeviceChoice.Resolve(_host, _options.GpuDeviceId, _options.FallbackToCpu) is { } device)
        {
            // Cuts of other transformers end with a move.
            lock (network)
            {
                if (network.Device.ToString() != device.ToString()) network.MoveTo(device);
            }
        }

        var layout = _binder.Bind(input.Schema);
        LayerMeasurement measurement;
        using (var meter = new LayerMeter(_host, channel, _options, layout)) measurement = meter.Measure(input);
        var settings = ToSettings(measurement);
        return new IbaTransformer(_host, settings, network, ownsNetwork: false, measurement.Statistics)
        {
            Progress = _options.Progress,
            RowsPerPass = _options.RowsPerPass,
            PassesAtOnce = _options.PassesAtOnce,
            MemoryBudget = _options.MemoryBudget,
        };
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        _binder.Check(inputSchema);
        bool varies = _binder.Varies(inputSchema);
        var columns = inputSchema.ToDictionary(column => column.Name);
        foreach (var output in _outputs) columns[output.Name] = output.ToShape(varies, _options.ClassNames != null, _binder.MapSize);
        return new SchemaShape(columns.Values);
    }

    private IbaSettings ToSettings(LayerMeasurement measurement) => new()
    {
        Outputs = _outputs,
        Input = measurement.Input,
        Layer = _options.Layer!,
        LabelColumnName = _options.LabelColumnName,
        TargetIndex = _options.TargetIndex,
        Bottleneck = ToBottleneckOptions(IsSmooth(measurement.Input, measurement.FeatureShape), measurement.Output),
        Capacity = _options.Capacity,
        BadRows = _options.BadRows,
        BatchSize = _options.BatchSize,
        ClassCount = measurement.ClassCount,
        FeatureShape = measurement.FeatureShape,
        ClassNames = _options.ClassNames?.ToArray(),
    };

    // Neighbouring tokens need not be alike: neither words nor, in a line, the patches of a picture.
    private static bool IsSmooth(InputLayout layout, IReadOnlyList<long> features)
        => layout.ExplainedColumn.Kind != InputKind.Integers && (features.Count != 2 || layout.MapSize.Count == 1);

    private BottleneckOptions ToBottleneckOptions(bool smooth, OutputKind output) => new()
    {
        Beta = _options.Beta,
        Steps = _options.Steps,
        NoiseCopies = _options.NoiseCopies,
        LearningRate = _options.LearningRate,
        InitialAlpha = _options.InitialAlpha,
        Sigma = _options.Sigma ?? (smooth ? BottleneckDefaults.Sigma : 0),
        MinStd = _options.MinStd,
        ClampToRelu = _options.ClampToRelu,
        Seed = _options.Seed ?? _host.Rand.Next(),
        Output = output,
        Loss = _options.Loss,
        EvaluateFinishedMask = _options.ScoresWithBottleneckColumnName != null && _options.Capacity == CapacityKind.FinishedMask,
    };

    private void CheckOptions()
    {
        _host.CheckNonWhiteSpace(_options.OutputColumnName, nameof(_options.OutputColumnName));
        _host.CheckNonWhiteSpace(_options.InputColumnName, nameof(_options.InputColumnName));
        _host.CheckValue(_options.Network, nameof(_options.Network));
        _host.CheckNonEmpty(_options.Layer, nameof(_options.Layer));
        CheckRange(_options.BatchSize is >= 1 and <= 65_536, nameof(_options.BatchSize), _options.BatchSize, "1 to 65,536");
        CheckRange(_options.GpuDeviceId is null or >= 0, nameof(_options.GpuDeviceId), _options.GpuDeviceId, "at least 0, or null");
        CheckRange(_options.RowsPerPass is null or >= 1, nameof(_options.RowsPerPass), _options.RowsPerPass, "at least 1, or null");
        CheckRange(_options.PassesAtOnce is null or >= 1, nameof(_options.PassesAtOnce), _options.PassesAtOnce, "at least 1, or null");
        CheckRange(_options.MemoryBudget >= 0, nameof(_options.MemoryBudget), _options.MemoryBudget, "0 (no bound of its own) or more bytes");
        CheckRange(_options.MaximumFitRows >= 2, nameof(_options.MaximumFitRows), _options.MaximumFitRows, "at least 2");
        CheckRange(_options.ActiveThreshold is >= 0 and <= 1, nameof(_options.ActiveThreshold), _options.ActiveThreshold, "0 to 1");
        CheckRange(_options.MaximumLength is null or > 0, nameof(_options.MaximumLength), _options.MaximumLength, "at least 1");
        CheckRange(_options.ChannelDimension is null or 1 or 2 or 3, nameof(_options.ChannelDimension), _options.ChannelDimension, "1, 2 or 3");
        CheckRange(
            _options.InputChannelDimension is null or (>= 0 and <= 3), nameof(_options.InputChannelDimension), _options.InputChannelDimension, "0 to 3");
        CheckRange(_options.TargetIndex is null or >= 0, nameof(_options.TargetIndex), _options.TargetIndex, "at least 0");
        CheckRange(Enum.IsDefined(_options.Capacity), nameof(_options.Capacity), _options.Capacity, string.Join(", ", Enum.GetNames<CapacityKind>()));
        CheckRange(Enum.IsDefined(_options.BadRows), nameof(_options.BadRows), _options.BadRows, string.Join(", ", Enum.GetNames<BadRowHandling>()));
        CheckRange(_options.InputShape is null || _options.InputShape.All(size => size > 0), nameof(_options.InputShape),
            string.Join(", ", _options.InputShape ?? []), "dimensions of at least 1");
        _host.CheckUserArg(
            _options.TargetIndex == null || _options.LabelColumnName == null,
            nameof(_options.TargetIndex), "Set either TargetIndex or LabelColumnName, not both.");
        try
        {
            _options.Preprocessing?.Validate();
            ToBottleneckOptions(smooth: true, _options.Output).Validate();
        }
        catch (ArgumentException problem)
        {
            // The argument is named once, by ML.NET.
            throw _host.ExceptUserArg(problem.ParamName ?? nameof(Options), problem.Message.Split(" (Parameter", 2)[0]);
        }
    }

    private void CheckRange(bool holds, string option, object? found, string allowed)
        => _host.CheckUserArg(holds, option, $"Is {found}; allowed: {allowed}.");
}

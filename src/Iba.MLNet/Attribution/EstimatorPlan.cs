using System.Globalization;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>What estimators of attributions share: options that are checked once, the columns in and out, and the cut.</summary>
internal sealed class EstimatorPlan
{
    private const int MostNamed = 5;

    private readonly IHost _host;
    private readonly AttributionOptions _options;
    private readonly IReadOnlyList<OutputColumn> _outputs;

    /// <summary>Checks what needs no data.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="options">The estimator's own copy.</param>
    public EstimatorPlan(IHost host, AttributionOptions options)
    {
        _host = host;
        _options = options;
        host.CheckNonWhiteSpace(options.OutputColumnName, nameof(options.OutputColumnName));
        options.InputColumnName ??= options.OutputColumnName;
        host.CheckNonWhiteSpace(options.InputColumnName, nameof(options.InputColumnName));
        host.CheckUserArg(
            options.Network == null || options.Model == null, nameof(options.Model), $"Set either {nameof(options.Network)} or {nameof(options.Model)}, not both.");
        if (options.Model != null) options.Network = ModelClassifiers.Find(host, options.Model).Network;
        host.CheckValue(options.Network, nameof(options.Network));
        if (options.ImageFolder != null) host.CheckNonWhiteSpace(options.ImageFolder, nameof(options.ImageFolder));
        CheckRanges();
        _outputs = options.OutputColumns.Where(column => column.Name != null).Select(column => new OutputColumn(column.Name!, column.Kind)).ToArray();
        foreach (var column in _outputs) host.CheckNonWhiteSpace(column.Name, column.OptionName);
        string? twice = _outputs.GroupBy(column => column.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        host.CheckUserArg(twice == null, nameof(options.OutputColumnName), $"Two output columns are named '{twice}'.");
        Binder = new InputBinder(host, options);
        TorchLibrary.EnsureLoaded();
    }

    /// <summary>Finds the columns.</summary>
    public InputBinder Binder { get; }

    /// <summary>The column that is explained.</summary>
    public string InputColumnName => _options.InputColumnName!;

    /// <summary>Whether score columns get slot names.</summary>
    private bool HasClassNames => (_options.ClassNames ?? NetworkDescription.ClassNames(_options.Network!)) != null;

    private string ExplainedInput => _options.InputName ?? _options.Network!.Inputs[0].Name;

    /// <summary>Cuts the network, which may be at work for others; the caller disposes the cut.</summary>
    public SplitNetwork Cut()
    {
        using var access = _options.Network!.Access.Enter();
        return _options.Layer == null ? _options.Network.SplitAtInput(ExplainedInput) : _options.Network.Split(_options.Layer);
    }

    /// <summary>Checks that there is such a layer, and that the explained input passes through it.</summary>
    public void CheckCut()
    {
        using var split = Cut();
        _host.CheckUserArg(
            split.Explains(ExplainedInput),
            nameof(_options.Layer),
            $"The features of the explained input '{ExplainedInput}' do not pass through layer '{_options.Layer}', or not all of them: choose another layer, " +
            $"or another input with {nameof(_options.InputName)}.");
    }

    /// <summary>Moves the network to the device that options or context name. Cuts of other transformers end with a move.</summary>
    public void MoveNetwork()
    {
        var network = _options.Network!;
        if (DeviceChoice.Resolve(_host, _options.Execution) is not { } device) return;
        using var access = network.Access.Enter();
        if (network.Device.ToString() != device.ToString()) network.MoveTo(device);
    }

    /// <summary>What is promised before anything is measured.</summary>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        Binder.Check(inputSchema);
        bool varies = Binder.Varies(inputSchema);
        var columns = inputSchema.ToDictionary(column => column.Name);
        foreach (var output in _outputs) columns[output.Name] = output.ToShape(varies, HasClassNames, Binder.MapSize(inputSchema));
        return new SchemaShape(columns.Values);
    }

    /// <summary>Checks what the values of the label column stand for, once the number of classes is known.</summary>
    public void CheckLabels(IChannel channel, DataViewSchema schema, int classCount)
    {
        if (_options.LabelColumnName is not { } label) return;
        var names = ClassNames(classCount);
        SchemaShape.Create(schema).TryFindColumn(label, out var column);
        LabelColumn.Check(_host, column, names);
        LabelColumn.CheckValues(_host, channel, schema[label], new LabelClasses(names, classCount));
    }

    /// <summary>Says which classes there are, and where their names are from.</summary>
    public void LogClasses(IChannel channel, int classCount)
    {
        if (_options.ClassNames != null || NetworkDescription.ClassNames(_options.Network!) is not { } names) return;
        if (names.Count == classCount)
        {
            channel.Info("The names of the {0} classes are those in the network's file: {1}.", classCount, string.Join(", ", names.Take(MostNamed)) + (classCount > MostNamed ? ", ..." : ""));
        }
        else
        {
            channel.Warning(
                "The network's file has {0} class names, but the network has {1} classes: the names are not used, classes go by their numbers. Set {2}.",
                names.Count, classCount, nameof(_options.ClassNames));
        }
    }

    /// <summary>The settings of the transformer.</summary>
    public RowSettings ToSettings(LayerFacts facts) => new()
    {
        Outputs = _outputs,
        Input = facts.Input,
        Layer = _options.Layer,
        LabelColumnName = _options.LabelColumnName,
        RowIdColumnName = _options.RowIdColumnName,
        Target = _options.Target,
        Output = facts.Output,
        BadRows = _options.BadRows,
        MapSize = _options.MapSize,
        BatchSize = _options.BatchSize,
        ClassCount = facts.ClassCount,
        FeatureShape = facts.FeatureShape,
        ChannelDimension = facts.ChannelDimension,
        ClassNames = ClassNames(facts.ClassCount) ?? (HasClassNames ? Numbers(facts.ClassCount) : null),
    };

    /// <summary>Hands on what is about the machine.</summary>
    public T Configure<T>(T transformer)
        where T : AttributionTransformerBase
    {
        transformer.Fit = FitRecord.Of(_options);
        transformer.Progress = _options.Progress;
        transformer.RowsPerPass = _options.RowsPerPass;
        transformer.PassesAtOnce = _options.PassesAtOnce;
        transformer.MemoryBudget = _options.MemoryBudget;
        transformer.Threads = _options.Execution.Threads;
        return transformer;
    }

    /// <summary>Checks by the rules of a lower layer; what they refuse is an error of the user's argument, as ML.NET reports it.</summary>
    public static void Translate(IHost host, Action check)
    {
        try
        {
            check();
        }
        catch (ArgumentException problem)
        {
            // The argument is named once, by ML.NET.
            throw host.ExceptUserArg(problem.ParamName ?? nameof(AttributionOptions), problem.Message.Split(" (Parameter", 2)[0]);
        }
    }

    /// <summary>The names of the classes: those of the options or, if there are as many as classes, those of the network's file; null: none.</summary>
    private IReadOnlyList<string>? ClassNames(int classCount)
        => _options.ClassNames ?? (NetworkDescription.ClassNames(_options.Network!) is { } names && names.Count == classCount ? names : null);

    // The slots of scores were promised names.
    private static string[] Numbers(int classCount)
        => Enumerable.Range(0, classCount).Select(index => index.ToString(CultureInfo.InvariantCulture)).ToArray();

    private void CheckRanges()
    {
        _host.CheckValue(_options.Execution, nameof(_options.Execution));
        CheckRange(_options.BatchSize is >= 1 and <= 65_536, nameof(_options.BatchSize), _options.BatchSize, "1 to 65,536");
        CheckRange(_options.MaximumLength is null or > 0, nameof(_options.MaximumLength), _options.MaximumLength, "at least 1");
        CheckRange(_options.ChannelDimension is null or (>= 1 and <= 4), nameof(_options.ChannelDimension), _options.ChannelDimension, "1 to 4");
        CheckRange(
            _options.InputChannelDimension is null or (>= 0 and <= 4), nameof(_options.InputChannelDimension), _options.InputChannelDimension, "0 to 4");
        CheckRange(_options.TargetIndex is null or >= 0, nameof(_options.TargetIndex), _options.TargetIndex, "at least 0");
        CheckRange(Enum.IsDefined(_options.BadRows), nameof(_options.BadRows), _options.BadRows, string.Join(", ", Enum.GetNames<BadRowHandling>()));
        CheckRange(Enum.IsDefined(_options.MapSize), nameof(_options.MapSize), _options.MapSize, string.Join(", ", Enum.GetNames<MapSize>()));
        _host.CheckUserArg(
            _options.MapSize == MapSize.Input || _options.OverlayColumnName == null, nameof(_options.OverlayColumnName),
            $"Overlays are drawn from maps of the input's size: leave {nameof(_options.MapSize)} at {nameof(MapSize.Input)}, or the overlay away.");
        CheckRange(Enum.IsDefined(_options.Output), nameof(_options.Output), _options.Output, string.Join(", ", Enum.GetNames<OutputKind>()));
        CheckRange(_options.InputShape is null || _options.InputShape.All(size => size > 0), nameof(_options.InputShape),
            Shapes.Format((_options.InputShape ?? []).Select(size => (long)size)), "dimensions of at least 1");
        _host.CheckUserArg(
            _options.TargetIndex == null || _options.LabelColumnName == null,
            nameof(_options.TargetIndex), "Set either TargetIndex or LabelColumnName, not both.");
        Translate(_host, () =>
        {
            _options.Preprocessing?.Validate();
            _options.Execution.Validate();
        });
    }

    private void CheckRange(bool holds, string option, object? found, string allowed)
        => _host.CheckUserArg(holds, option, string.Create(CultureInfo.InvariantCulture, $"{option} is {found}; allowed: {allowed}."));
}

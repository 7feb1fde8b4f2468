using System.Globalization;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>What estimators of attributions share: options that are checked once, and the columns that are promised. <see cref="FitPlan"/> does the rest.</summary>
internal sealed class EstimatorPlan
{
    private readonly IHost _host;
    private readonly AttributionOptions _options;
    private readonly IReadOnlyList<OutputColumn> _outputs;
    private readonly SharedClassifier? _shared;
    private readonly ModelClassifier? _classifier;
    private readonly InputBinder _binder;
    private readonly bool _hasClassNames;

    /// <summary>Checks what needs no data.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="options">The estimator's own copy; completed by what the model says.</param>
    /// <param name="cutsAtInput">Whether the cut is at the input where no layer is named.</param>
    public EstimatorPlan(IHost host, AttributionOptions options, bool cutsAtInput)
    {
        _host = host;
        _options = options;
        host.CheckNonWhiteSpace(options.OutputColumnName, nameof(options.OutputColumnName));
        host.CheckUserArg(
            options.Network == null || options.Model == null, nameof(options.Model), $"Set either {nameof(options.Network)} or {nameof(options.Model)}, not both.");
        host.CheckUserArg(
            options.ModelScoreColumnName == null || options.Model != null,
            nameof(options.ModelScoreColumnName), $"{nameof(options.ModelScoreColumnName)} chooses among the classifiers of {nameof(options.Model)}, which is not set.");
        if (options.Model != null) _shared = new SharedClassifier(host, options.Model, options.ModelScoreColumnName);
        try
        {
            _classifier = _shared?.Found.Classifier;
            if (_classifier != null) ModelOptions.Complete(host, options, _classifier);
            options.InputColumnName ??= options.OutputColumnName;
            host.CheckNonWhiteSpace(options.InputColumnName, nameof(options.InputColumnName));
            host.CheckValue(options.Network, nameof(options.Network));
            if (options.ImageFolder != null) host.CheckNonWhiteSpace(options.ImageFolder, nameof(options.ImageFolder));
            CheckRanges();
            if (options.Target is { } target)
            {
                Translate(host, () => options.Target = target.WithNames(options.ClassNames ?? _classifier?.ClassNames ?? NetworkDescription.ClassNames(options.Network!)));
            }

            _outputs = CheckOutputs();
            _binder = new InputBinder(host, options);
            _hasClassNames = (options.ClassNames ?? _classifier?.ClassNames ?? NetworkDescription.ClassNames(options.Network!)) != null;
            TorchLibrary.EnsureLoaded();
            // Fails here, not at Fit, for a layer that does not exist or is no cut.
            if (options.Layer != null || cutsAtInput) FitPlan.CheckCut(host, options);
        }
        catch
        {
            _shared?.Release();
            throw;
        }
    }

    /// <summary>Begins a fit.</summary>
    public FitPlan Open() => new(_host, _options.Clone(), _outputs, _shared);

    /// <summary>What is promised before anything is measured.</summary>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        var (shape, isKnown) = _classifier == null ? (inputSchema, true) : ModelShape.Of(_host, _options.Model!, _classifier, inputSchema);
        bool hasClassNames = _hasClassNames || (_classifier != null && ClassNameColumns.Promise(shape, _classifier));
        // Where the model's columns are not known, Fit checks them.
        if (isKnown) _binder.Check(shape, hasClassNames);
        bool varies = _binder.Varies(shape);
        var columns = shape.ToDictionary(column => column.Name);
        foreach (var output in _outputs) columns[output.Name] = output.ToShape(varies, hasClassNames, _binder.MapSize(shape), _options.AskedTarget.IsStack);
        return new SchemaShape(columns.Values);
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

    private OutputColumn[] CheckOutputs()
    {
        var outputs = _options.OutputColumns.Where(column => column.Name != null).Select(column => new OutputColumn(column.Name!, column.Kind)).ToArray();
        foreach (var column in outputs) _host.CheckNonWhiteSpace(column.Name, column.OptionName);
        string? twice = outputs.GroupBy(column => column.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        _host.CheckUserArg(twice == null, nameof(_options.OutputColumnName), $"Two output columns are named '{twice}'.");
        _host.CheckUserArg(
            _options.AskedTarget is OneClassTarget || outputs.All(output => output.Kind is not OutputColumnKind.Degradation and not OutputColumnKind.ProbabilityKept),
            nameof(_options.Target),
            $"The target is '{_options.AskedTarget}', but the columns that judge maps follow the probability of one class: leave them out, or explain one class.");
        return outputs;
    }

    private void CheckRanges()
    {
        _host.CheckValue(_options.Execution, nameof(_options.Execution));
        CheckRange(_options.BatchSize is >= 1 and <= 65_536, nameof(_options.BatchSize), _options.BatchSize, "1 to 65,536");
        CheckRange(_options.MaximumLength is null or > 0, nameof(_options.MaximumLength), _options.MaximumLength, "at least 1");
        CheckRange(_options.ChannelDimension is null or (>= 0 and <= 4), nameof(_options.ChannelDimension), _options.ChannelDimension, "0 to 4");
        CheckRange(
            _options.InputChannelDimension is null or (>= 0 and <= 4), nameof(_options.InputChannelDimension), _options.InputChannelDimension, "0 to 4");
        CheckRange(_options.TargetIndex is null or >= 0, nameof(_options.TargetIndex), _options.TargetIndex, "at least 0");
        CheckRange(Enum.IsDefined(_options.BadRows), nameof(_options.BadRows), _options.BadRows, string.Join(", ", Enum.GetNames<BadRowHandling>()));
        CheckRange(Enum.IsDefined(_options.MapSize), nameof(_options.MapSize), _options.MapSize, string.Join(", ", Enum.GetNames<MapSize>()));
        _host.CheckUserArg(
            _options.MapSize == MapSize.Input || _options.OverlayColumnName == null, nameof(_options.OverlayColumnName),
            $"Overlays are drawn from maps of the input's size: leave {nameof(_options.MapSize)} at {nameof(MapSize.Input)}, or the overlay away.");
        _host.CheckUserArg(
            _options.MapSize == MapSize.Input || _options.DegradationColumnName == null, nameof(_options.DegradationColumnName),
            $"The degradation test takes maps of the input's size: leave {nameof(_options.MapSize)} at {nameof(MapSize.Input)}, or {nameof(_options.DegradationColumnName)} away.");
        CheckRange(Enum.IsDefined(_options.Output), nameof(_options.Output), _options.Output, string.Join(", ", Enum.GetNames<OutputKind>()));
        CheckRange(_options.InputShape is null || _options.InputShape.All(size => size > 0), nameof(_options.InputShape),
            Shapes.Format((_options.InputShape ?? []).Select(size => (long)size)), "dimensions of at least 1");
        _host.CheckUserArg(
            _options.TargetIndex == null || _options.LabelColumnName == null,
            nameof(_options.TargetIndex), "Set either TargetIndex or LabelColumnName, not both.");
        _host.CheckUserArg(
            _options.Target == null || _options.TargetIndex == null, nameof(_options.Target), $"Set either {nameof(_options.Target)} or {nameof(_options.TargetIndex)}, not both.");
        _host.CheckUserArg(
            _options.Target == null || _options.Target.NeedsLabels == (_options.LabelColumnName != null), nameof(_options.Target),
            $"{nameof(_options.Target)} is '{_options.Target}': {(_options.LabelColumnName == null ? $"set {nameof(_options.LabelColumnName)}, which it reads" : $"it does not read the class in {nameof(_options.LabelColumnName)}; leave that out")}.");
        Translate(_host, () =>
        {
            _options.Preprocessing?.Validate();
            _options.Execution.Validate();
        });
    }

    private void CheckRange(bool holds, string option, object? found, string allowed)
        => _host.CheckUserArg(holds, option, string.Create(CultureInfo.InvariantCulture, $"{option} is {found}; allowed: {allowed}."));
}

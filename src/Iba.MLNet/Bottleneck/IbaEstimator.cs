using System.Globalization;
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
/// | Input column data type | Text (paths of pictures), <xref:Microsoft.ML.Data.MLImage>, known-size vector of <xref:System.Single>, or vector of integers or keys |
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
/// <example>
/// Fitted once, saved, and loaded by another process, network included:
/// <code language="csharp"><![CDATA[
/// using Microsoft.ML.Transforms.Image;
///
/// var mlContext = new MLContext(seed: 0);
/// var images = mlContext.Data.LoadFromEnumerable([new Row { Image = MLImage.CreateFromFile("dog.jpg") }, new Row { Image = MLImage.CreateFromFile("cat.jpg") }]);
///
/// using (var network = OnnxNetwork.Load("resnet50.onnx"))
/// using (var explainer = mlContext.Transforms.Iba("Heatmap", "Image", network, layer: "layer2", preprocessing: ImagePreprocessing.ImageNet).Fit(images))
///     mlContext.Model.Save(explainer, inputSchema: null, "explainer.zip");
///
/// var loaded = mlContext.Model.Load("explainer.zip", out _);
/// var heatmap = loaded.Transform(images).GetColumn<float[]>("Heatmap").First(); // Bits per pixel, row by row.
///
/// class Row
/// {
///     [ImageType(224, 224)]
///     public MLImage? Image { get; set; }
/// }
/// ]]></code>
/// </example>
/// <seealso cref="IbaCatalog.Iba(TransformsCatalog, Options)"/>
public sealed partial class IbaEstimator : IEstimator<IbaTransformer>
{
    internal static class Defaults
    {
        internal const int MaximumFitRows = 10_000;
    }

    private const int FewRows = 100;

    private readonly IHost _host;
    private readonly Options _options;
    private readonly EstimatorPlan _plan;

    internal IbaEstimator(IHostEnvironment env, Options options)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(IbaEstimator));
        _host.CheckValue(options, nameof(options));
        _options = (Options)options.Clone();
        _options.CopiesPerStep = _options.CopiesPerStep?.ToArray();
        _options.FurtherLayers = _options.FurtherLayers?.ToArray();
        CheckOptions();
        CheckFurtherLayers();
        _plan = new EstimatorPlan(_host, _options, cutsAtInput: false);
        EstimatorPlan.Translate(_host, () => PerSampleBottleneck.CheckLoss(_options.Loss, _options.AskedTarget));
        CheckFurtherCuts();
    }

    /// <summary>Measures the layer over at most <see cref="Options.MaximumFitRows"/> rows.</summary>
    /// <param name="input">At least 2 rows, better 100 or more, of the kind that will be explained.</param>
    /// <exception cref="InvalidOperationException">
    /// The data is empty or a row cannot be read, or the layer does not carry information; the message names row and column.
    /// </exception>
    public IbaTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        using var channel = _host.Start("Fit");
        using var plan = _plan.Open();
        using var measurement = MeasureRows(channel, plan, input);
        var further = new List<LayerMeasurement>();
        try
        {
            foreach (var (_, layer) in _options.FurtherLayers ?? [])
            {
                using var planOfLayer = _plan.Open();
                planOfLayer.Options.Layer = layer;
                further.Add(MeasureRows(channel, planOfLayer, input));
            }

            return MakeTransformer(channel, plan, measurement, further);
        }
        finally
        {
            foreach (var ofLayer in further) ofLayer.Dispose();
        }
    }

    /// <summary>
    /// Measures the layer over at most <see cref="Options.MaximumFitRows"/> rows, a part of the data: parts merge, see
    /// <see cref="LayerMeasurement"/>.
    /// </summary>
    /// <param name="input">At least 1 row of the kind that will be explained.</param>
    /// <returns>The measurement, disposed by the caller.</returns>
    /// <exception cref="InvalidOperationException">The data is empty or a row cannot be read; the message names row and column.</exception>
    public LayerMeasurement Measure(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        CheckOneLayer();
        using var channel = _host.Start("Fit");
        using var plan = _plan.Open();
        return MeasureRows(channel, plan, input);
    }

    /// <summary>Makes the transformer of what was measured.</summary>
    /// <param name="measurement">
    /// What <see cref="Measure"/> gave, of one part of the data or of several merged ones; at least 2 rows, better 100 or more. Left as it is.
    /// </param>
    /// <exception cref="ArgumentException">The measurement is one of another layer, or of other weights.</exception>
    /// <exception cref="InvalidOperationException">It holds fewer than 2 rows, or the layer does not carry information.</exception>
    public IbaTransformer Fit(LayerMeasurement measurement)
    {
        _host.CheckValue(measurement, nameof(measurement));
        CheckOneLayer();
        using var channel = _host.Start("Fit");
        using var plan = _plan.Open();
        return MakeTransformer(channel, plan, measurement, []);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);

    /// <summary>Layers of the network that are worth comparing on such data, or those that are named.</summary>
    /// <param name="input">The rows.</param>
    /// <param name="names">The layers that are named; null: none.</param>
    /// <param name="option">The option that names them, for errors.</param>
    internal IReadOnlyList<LayerInfo> CandidateLayers(IDataView input, IReadOnlyList<string>? names, string option)
    {
        using var channel = _host.Start("Layers");
        using var plan = _plan.Open();
        var (_, layout) = plan.Read(channel, input);
        return LayerRule.Candidates(_host, plan.Network, layout, names, option);
    }

    private LayerMeasurement MeasureRows(IChannel channel, FitPlan plan, IDataView input)
    {
        var (rows, layout) = plan.Read(channel, input);
        plan.MoveNetwork();
        plan.ChooseLayer(channel, layout);
        using var split = plan.Cut();
        // What the machine lacks is said before anything is measured; a Fit that is given a measurement asks by itself.
        ChooseTail(split, plan);
        var look = new LayerLook(_host, channel, plan.Options, layout, split, atInput: false, classCount => plan.CheckLabels(channel, rows.Schema, classCount));
        var fit = new StatisticsFit(_host, channel, new(_options.PerChannelStatistics, _options.ActiveThreshold, _options.ClampToRelu, plan.Options.AskedTarget.NeedsScale), look, layout, split);
        try
        {
            new FitLoop(_host, channel, plan.Options, layout, split, fit).Run(rows, _options.MaximumFitRows);
            return fit.ToMeasurement();
        }
        catch
        {
            fit.Dispose();
            throw;
        }
    }

    private IbaTransformer MakeTransformer(IChannel channel, FitPlan plan, LayerMeasurement measurement, IReadOnlyList<LayerMeasurement> further)
    {
        plan.MoveNetwork();
        plan.Options.Layer ??= measurement.Layer;
        CheckMeasurement(plan, measurement);
        if (measurement.Rows == 1) throw _host.Except("Cannot fit on 1 row: a standard deviation needs at least 2, a good one 100 or more.");
        if (measurement.Rows < FewRows)
        {
            channel.Warning(
                "Fitted on {0} rows only: mean and deviation are rough below {1}, and totals of bits move with the choice of rows, by tens of percent where there are about ten " +
                "(docs/reading-a-map.md). Add more data of the kind to be explained{2}.",
                measurement.Rows, FewRows, measurement.PerChannel || measurement.Facts.ChannelDimension == 0 ? "" : $", or set {nameof(_options.PerChannelStatistics)}, which needs less");
        }

        var facts = measurement.Facts;
        plan.LogClasses(channel, facts.ClassCount);
        double beta = ChooseBeta(channel, facts);
        ScaleTarget(channel, plan, measurement);
        var statistics = measurement.ToStatistics(_host, channel, _options.ActiveThreshold);
        var bottleneck = ToBottleneckOptions(beta, IsSmooth(facts.Input, facts.FeatureShape), facts.Output);
        NoteDecided((Options)plan.Options, bottleneck);
        var layers = further.Select(layer => ToLayer(channel, layer, bottleneck)).ToArray();
        return plan.Configure(new IbaTransformer(_host, plan.ToSettings(facts), bottleneck, TailOf(channel, plan), plan.LendNetwork(), statistics, measurement.Fingerprint, layers));
    }

    private TailOrigin TailOf(IChannel channel, FitPlan plan)
    {
        if (AskedPrecision == TailPrecision.Float32) return TailOrigin.Float32;
        using var split = plan.Cut();
        var choice = ChooseTail(split, plan);
        // A preset takes bfloat16 where it is to be had; whoever asks for it by name should know that it is not.
        if (choice.Warning is { } warning && _options.TailPrecision is not null) channel.Warning("{0}", warning);
        else if (choice.Warning is { } info) channel.Info("{0}", info);
        return new TailOrigin(choice.Precision, choice.Precision);
    }

    private TailPrecision AskedPrecision => _options.TailPrecision ?? PresetSettings.Of(_options.Preset).TailPrecision;

    private TailPrecisionChoice ChooseTail(SplitNetwork split, FitPlan plan)
    {
        try
        {
            return TailPrecisionChoice.Of(new BottleneckOptions { TailPrecision = AskedPrecision, BFloat16Support = _options.BFloat16Support }, split, plan.Network.Device);
        }
        catch (NotSupportedException problem)
        {
            throw _host.Except(problem, problem.Message);
        }
    }

    private MeasuredLayer ToLayer(IChannel channel, LayerMeasurement measurement, BottleneckOptions first)
    {
        var bottleneck = first.Copy();
        bottleneck.Sigma = _options.Sigma ?? (IsSmooth(measurement.Facts.Input, measurement.Facts.FeatureShape) ? BottleneckDefaults.Sigma : 0);
        var statistics = measurement.ToStatistics(_host, channel, _options.ActiveThreshold);
        return new MeasuredLayer(measurement.Layer, measurement.Facts.ChannelDimension, statistics, bottleneck, measurement.Fingerprint);
    }

    private void CheckOneLayer() => _host.CheckUserArg(
        _options.FurtherLayers == null, nameof(_options.FurtherLayers), $"Data is measured in parts at one layer: leave {nameof(_options.FurtherLayers)} out, or call Fit with all of the data.");

    private void CheckFurtherLayers()
    {
        foreach (var (name, layer) in _options.FurtherLayers ?? [])
        {
            _host.CheckNonWhiteSpace(name, nameof(_options.FurtherLayers));
            _host.CheckNonWhiteSpace(layer, nameof(_options.FurtherLayers));
        }

        string[] layers = [.. (_options.FurtherLayers ?? []).Select(further => further.Layer)];
        string? twice = layers.Prepend(_options.Layer).GroupBy(layer => layer).FirstOrDefault(group => group.Count() > 1)?.Key;
        _host.CheckUserArg(twice == null, nameof(_options.FurtherLayers), $"Layer '{twice}' is named twice: name each once.");
        _host.CheckUserArg(
            layers.Length > 0 || (_options.LayerSumColumnName ?? _options.LayerStackColumnName) == null, nameof(_options.FurtherLayers),
            $"There is one layer: name others in {nameof(_options.FurtherLayers)}, or leave the columns of their sum and stack out.");
        _host.CheckUserArg(
            layers.Length == 0 || _options.MapSize == MapSize.Input, nameof(_options.MapSize),
            $"Layers have maps of different sizes: leave {nameof(_options.MapSize)} at {nameof(MapSize.Input)}, or explain each in a transform of its own.");
    }

    private void CheckFurtherCuts()
    {
        // The network of a model is found when it is fitted.
        if (_options.Network == null) return;
        foreach (var (_, layer) in _options.FurtherLayers ?? [])
        {
            var options = _options.Clone();
            options.Layer = layer;
            FitPlan.CheckCut(_host, options);
        }
    }

    private void ScaleTarget(IChannel channel, FitPlan plan, LayerMeasurement measurement)
    {
        if (plan.Options.AskedTarget is not { NeedsScale: true } target) return;
        var outputs = measurement.Outputs ?? throw _host.ExceptUserArg(
            nameof(measurement), $"It was measured without the network's outputs, which tell the tolerance of target '{target}': measure again with this target, or give it a tolerance.");
        EstimatorPlan.Translate(_host, () => plan.Options.Target = target.WithScale(outputs.Deviations));
        channel.Info("The tolerance of target '{0}' is a tenth of the output's deviation over the measured rows: '{1}'.", target, plan.Options.Target);
    }

    private double ChooseBeta(IChannel channel, LayerFacts facts)
    {
        if (_options.Beta is { } given) return given;
        // Where the layer is the user's choice, the price of information always was the paper's.
        if (_options.Layer != null && _options.Model == null && !BetaRule.IsTable(facts)) return BottleneckDefaults.Beta;
        double beta = BetaRule.Choose(facts);
        channel.Info("Beta is {0}: set {1} for another price of information, larger for fewer bits.", beta, nameof(_options.Beta));
        return beta;
    }

    private void CheckMeasurement(FitPlan plan, LayerMeasurement measurement)
    {
        _host.CheckUserArg(
            measurement.Layer == plan.Options.Layer, nameof(measurement), $"It was measured at layer '{measurement.Layer}', the options name '{_options.Layer}'.");
        string? column = measurement.Facts.Input.ExplainedColumn.ColumnName;
        _host.CheckUserArg(
            column == _options.InputColumnName, nameof(measurement), $"It was measured on column '{column}', the options name '{_options.InputColumnName}'.");
        var facts = measurement.Facts;
        _host.CheckUserArg(
            plan.Binder.Allows(facts.Input),
            nameof(measurement), "It read its rows in another way than the options say (columns, shape, preprocessing, mask or length): measure again.");
        CheckDecided(facts.ChannelDimension, _options.ChannelDimension, nameof(_options.ChannelDimension));
        CheckDecided(measurement.PerChannel, _options.PerChannelStatistics, nameof(_options.PerChannelStatistics));
        CheckDecided(facts.Output, _options.Output == OutputKind.Auto ? null : _options.Output, nameof(_options.Output));
        using var split = plan.Cut();
        _host.CheckUserArg(
            measurement.Fingerprint is not { } measured || split.HeadFingerprint() is not { } found || measured == found,
            nameof(measurement),
            $"It was measured with other weights up to layer '{plan.Options.Layer}' than the network has now: measure again.");
    }

    private void CheckDecided<T>(T measured, T? asked, string option)
        where T : struct
        => _host.CheckUserArg(
            asked is null || asked.Value.Equals(measured), option, $"{option} is {asked}, but the layer was measured with {measured}: measure again, or leave it open.");

    // Neighbouring tokens need not be alike: neither words nor, in a line, the patches of a picture.
    internal static bool IsSmooth(InputLayout layout, IReadOnlyList<long> features)
        => !layout.ExplainedColumn.HoldsTokens && (features.Count != 2 || layout.MapSize.Count == 1);

    private BottleneckOptions ToBottleneckOptions(double beta, bool smooth, OutputKind output)
    {
        var bottleneck = new BottleneckOptions
        {
            Beta = beta,
            Steps = _options.Steps,
            Preset = _options.Preset,
            CopiesPerStep = _options.CopiesPerStep,
            LearningRate = _options.LearningRate,
            InitialAlpha = _options.InitialAlpha,
            Sigma = _options.Sigma ?? (smooth ? BottleneckDefaults.Sigma : 0),
            MinStd = _options.MinStd,
            ClampToRelu = _options.ClampToRelu,
            Seed = _options.Seed ?? _host.Rand.Next(),
            Seeds = _options.Seeds,
            Output = output,
            Loss = _options.Loss,
            TailPrecision = AskedPrecision,
            BFloat16Support = _options.BFloat16Support,
            MapsLastForward = _options.Capacity == CapacityKind.LastForward,
            EvaluateFinishedMask = (_options.ScoresWithBottleneckColumnName ?? _options.ProbabilityKeptColumnName) != null && _options.Capacity == CapacityKind.FinishedMask,
        };
        if (_options.NoiseCopies is { } copies) bottleneck.NoiseCopies = copies;
        if (_options.Noise is { } noise) bottleneck.Noise = noise;
        return bottleneck;
    }

    /// <summary>What was decided is what the transformer's provenance says.</summary>
    private static void NoteDecided(Options options, BottleneckOptions bottleneck)
    {
        options.Beta = bottleneck.Beta;
        options.CopiesPerStep = bottleneck.CopiesPerStep?.ToArray();
        options.NoiseCopies = options.CopiesPerStep == null ? bottleneck.NoiseCopies : null;
        options.Noise = bottleneck.Noise;
        options.TailPrecision = bottleneck.TailPrecision;
    }

    private void CheckOptions()
    {
        if (_options.Layer != null) _host.CheckNonEmpty(_options.Layer, nameof(_options.Layer));
        CheckRange(_options.MaximumFitRows >= 2, nameof(_options.MaximumFitRows), _options.MaximumFitRows, "at least 2");
        CheckRange(_options.ActiveThreshold is >= 0 and <= 1, nameof(_options.ActiveThreshold), _options.ActiveThreshold, "0 to 1");
        foreach (var (column, name) in new[] { (_options.DeviationColumnName, nameof(_options.DeviationColumnName)), (_options.TotalBitsDeviationColumnName, nameof(_options.TotalBitsDeviationColumnName)) })
        {
            _host.CheckUserArg(column == null || _options.Seeds > 1, name, $"{name} is about what differs between seeds: set {nameof(_options.Seeds)} to at least 2, 5 for example.");
        }

        CheckRange(Enum.IsDefined(_options.Capacity), nameof(_options.Capacity), _options.Capacity, string.Join(", ", Enum.GetNames<CapacityKind>()));
        EstimatorPlan.Translate(_host, () => ToBottleneckOptions(_options.Beta ?? BottleneckDefaults.Beta, smooth: true, _options.Output).Validate());
    }

    private void CheckRange(bool holds, string option, object? found, string allowed)
        => _host.CheckUserArg(holds, option, string.Create(CultureInfo.InvariantCulture, $"{option} is {found}; allowed: {allowed}."));
}

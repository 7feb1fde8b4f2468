using System.Globalization;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// <see cref="IEstimator{TTransformer}"/> that explains the predictions of a classifier by the readout bottleneck: a small network, trained by Fit,
/// that reads features and says in one forward pass what <see cref="IbaEstimator"/> finds in many.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Yes, once for each epoch and once more |
/// | Input column data type | Text (paths of pictures), <xref:Microsoft.ML.Data.MLImage>, known-size vector of <xref:System.Single>, or vector of integers or keys |
/// | Output column data type | Vector of <xref:System.Single>, `[H, W]` bits per pixel or `[L]` bits per position |
/// | Required NuGet in addition to Microsoft.ML | Iba.MLNet, and a native libtorch |
/// | Exportable to ONNX | No |
///
/// Fit measures the layers, and then trains three 1x1 convolutions on the rows, in the order of the data, to predict the mask of the bottleneck
/// (Schulz, Sixt, Tombari, Landgraf: Restricting the Flow: Information Bottlenecks for Attribution, ICLR 2020, section 3.3): shuffle the data first, and
/// cache it where reading it takes long. A map is as good as the rows were many and like those that are explained.
///
/// The transformer shares the network that the options name and does not dispose it; a transformer loaded from a file owns its network.
/// ]]></format>
/// </remarks>
/// <example>
/// Trained once, saved, and loaded by another process, network included; a map then costs one forward pass:
/// <code language="csharp"><![CDATA[
/// var mlContext = new MLContext(seed: 0);
/// var images = mlContext.Data.LoadFromEnumerable(Directory.GetFiles("photos", "*.jpg").Select(file => new Row { File = file }));
///
/// using (var network = OnnxNetwork.Load("resnet50.onnx"))
/// using (var explainer = mlContext.Transforms.IbaReadout("Heatmap", "File", network, layer: "layer2", preprocessing: ImagePreprocessing.ImageNet).Fit(images))
///     mlContext.Model.Save(explainer, inputSchema: null, "readout.zip");
///
/// var loaded = mlContext.Model.Load("readout.zip", out _);
/// var heatmap = loaded.Transform(images).GetColumn<float[]>("Heatmap").First(); // Bits per pixel, row by row.
///
/// class Row
/// {
///     public string File { get; set; } = "";
/// }
/// ]]></code>
/// </example>
/// <seealso cref="IbaReadoutCatalog.IbaReadout(TransformsCatalog, Options)"/>
public sealed partial class IbaReadoutEstimator : IEstimator<IbaReadoutTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;
    private readonly EstimatorPlan _plan;

    internal IbaReadoutEstimator(IHostEnvironment env, Options options)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(IbaReadoutEstimator));
        _host.CheckValue(options, nameof(options));
        _options = (Options)options.Clone();
        _options.ReadoutLayers = _options.ReadoutLayers?.ToArray();
        CheckOptions();
        _plan = new EstimatorPlan(_host, _options, cutsAtInput: false);
    }

    /// <summary>Measures the layers and trains the readout, over at most <see cref="Options.MaximumFitRows"/> rows.</summary>
    /// <param name="input">At least 2 rows, better hundreds, of the kind that will be explained.</param>
    /// <exception cref="InvalidOperationException">
    /// The data is empty or a row cannot be read, or the layer does not carry information; the message names row and column.
    /// </exception>
    /// <exception cref="ArgumentException">The file of <see cref="Options.CheckpointPath"/> is of another training.</exception>
    public IbaReadoutTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        using var channel = _host.Start("Fit");
        using var plan = _plan.Open();
        var (rows, layout) = plan.Read(channel, input);
        plan.MoveNetwork();
        plan.ChooseLayer(channel, layout);
        using var cut = Cut(channel, plan, layout);
        var look = new LayerLook(_host, channel, plan.Options, layout, cut, atInput: false, classCount => plan.CheckLabels(channel, rows.Schema, classCount));
        new FitLoop(_host, channel, plan.Options, layout, cut, look).Run(rows, _options.BatchSize);
        _host.CheckUserArg(
            look.Facts.ChannelDimension > 0, nameof(_options.Layer),
            $"Layer '{cut.LayerName}' has no channels, which a readout weighs: each of its values is a position. Choose a layer with channels, or explain with Transforms.Iba.");
        plan.LogClasses(channel, look.Facts.ClassCount);
        var checkpoint = new ReadoutCheckpoint(_host, _options.CheckpointPath);
        using var training = checkpoint.Load(plan.Network, cut, seed => ToReadoutOptions(look.Facts, seed))
            ?? Begin(channel, plan, rows, layout, cut, look);
        Train(channel, plan, rows, cut, look, training, checkpoint);
        var facts = look.Facts with { FeatureShape = LayerFacts.Open(look.Facts.FeatureShape, look.Facts.Input, look.Facts.ChannelDimension) };
        return plan.Configure(new IbaReadoutTransformer(_host, plan.ToSettings(facts), training.ToMethod(), plan.LendNetwork(), Fingerprint(plan.Network, cut)));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);

    private ReadoutCut Cut(IChannel channel, FitPlan plan, InputLayout layout)
    {
        string layer = plan.Options.Layer!;
        string[]? layers = _options.ReadoutLayers;
        if (layers == null)
        {
            layers = [.. LayerRule.Candidates(_host, plan.Network, layout, null, nameof(_options.ReadoutLayers)).Select(candidate => candidate.Name).Append(layer).Distinct()];
            channel.Info("The readout of layer '{0}' reads {1}. Set {2} for others.", layer, string.Join(", ", layers.Select(name => $"'{name}'")), nameof(_options.ReadoutLayers));
        }

        using var access = plan.Network.Access.Enter();
        ReadoutCut? cut = null;
        EstimatorPlan.Translate(_host, () => cut = new ReadoutCut(plan.Network, layer, layers));
        return cut!;
    }

    /// <summary>Measures the layers, and makes what is to be trained.</summary>
    private ReadoutTraining Begin(IChannel channel, FitPlan plan, IDataView rows, InputLayout layout, ReadoutCut cut, LayerLook look)
    {
        using var layerFit = new StatisticsFit(_host, channel, new(_options.PerChannelStatistics, _options.ActiveThreshold, _options.ClampToRelu), look, layout, cut);
        using var fit = new ReadoutScaleFit(layerFit, cut, look);
        new FitLoop(_host, channel, plan.Options, layout, cut, fit).Run(rows, _options.MaximumFitRows);
        using var access = plan.Network.Access.Enter();
        var measurement = layerFit.ToMeasurement();
        if (measurement.Rows == 1) throw _host.Except("Cannot fit on 1 row: a standard deviation needs at least 2, and a readout learns from hundreds.");
        var statistics = measurement.ToStatistics(_host, channel, _options.ActiveThreshold);
        return new ReadoutTraining(cut, statistics, fit.ToScale(), network: null, ToReadoutOptions(look.Facts, _options.Seed ?? _host.Rand.Next()));
    }

    private void Train(IChannel channel, FitPlan plan, IDataView rows, ReadoutCut cut, LayerLook look, ReadoutTraining training, ReadoutCheckpoint checkpoint)
    {
        ReadoutEpoch? last = null;
        while (!training.IsFinished)
        {
            var fit = new ReadoutTrainingFit(training, look);
            new FitLoop(_host, channel, plan.Options, look.Layout, cut, fit) { Labels = plan.Labels(look.Facts.ClassCount) }.Run(rows, _options.MaximumFitRows);
            ReadoutEpoch epoch;
            using (plan.Network.Access.Enter())
            {
                epoch = training.EndEpoch();
                checkpoint.Save(training);
            }

            channel.Info(
                "Epoch {0} of at most {1}: loss {2:G4}, of the model {3:G4} nats; {4:G4} nats per neuron pass.",
                epoch.Epoch, training.Options.Epochs, epoch.Loss, epoch.ModelLoss, epoch.Information);
            _options.TrainingProgress?.Report(epoch);
            last = epoch;
        }

        if (last != null) WarnOfClosedMask(channel, last, look.Facts.ClassCount);
    }

    // Guessing costs ln(classes): what is left of the features is worth less than that.
    private void WarnOfClosedMask(IChannel channel, ReadoutEpoch epoch, int classCount)
    {
        if (_options.Loss != BottleneckLoss.CrossEntropy || epoch.ModelLoss < Math.Log(classCount)) return;
        channel.Warning(
            "Under the trained mask the network does no better than by guessing ({0:G3} nats, guessing has {1:G3}), so that the maps say little: lower {2} or {3}, or train on more rows.",
            epoch.ModelLoss, Math.Log(classCount), nameof(_options.LearningRate), nameof(_options.Beta));
    }

    private static string? Fingerprint(Network network, ReadoutCut cut)
    {
        using var access = network.Access.Enter();
        return cut.HeadFingerprint();
    }

    private ReadoutOptions ToReadoutOptions(LayerFacts facts, long seed)
        => ToReadoutOptions(IbaEstimator.IsSmooth(facts.Input, facts.FeatureShape), facts.Output, _options.Seed ?? seed);

    private ReadoutOptions ToReadoutOptions(bool smooth, OutputKind output, long seed) => new()
    {
        Beta = _options.Beta,
        Sigma = _options.Sigma ?? (smooth ? BottleneckDefaults.Sigma : 0),
        MinStd = _options.MinStd,
        ClampToRelu = _options.ClampToRelu,
        InitialAlpha = _options.InitialAlpha,
        NoiseCopies = _options.NoiseCopies,
        Noise = _options.Noise,
        Seed = seed,
        Output = output,
        Loss = _options.Loss,
        Target = _options.AskedTarget,
        Epochs = _options.Epochs,
        BatchSize = _options.TrainingBatchSize,
        LearningRate = _options.LearningRate,
        Patience = _options.Patience,
        MinimumGain = _options.MinimumGain,
    };

    private void CheckOptions()
    {
        if (_options.Layer != null) _host.CheckNonEmpty(_options.Layer, nameof(_options.Layer));
        CheckRange(_options.MaximumFitRows >= 2, nameof(_options.MaximumFitRows), _options.MaximumFitRows, "at least 2");
        CheckRange(_options.ActiveThreshold is >= 0 and <= 1, nameof(_options.ActiveThreshold), _options.ActiveThreshold, "0 to 1");
        CheckRange(_options.TrainingBatchSize is >= 1 and <= 65_536, nameof(_options.TrainingBatchSize), _options.TrainingBatchSize, "1 to 65,536");
        CheckRange(_options.ReadoutLayers is not { Length: 0 }, nameof(_options.ReadoutLayers), "empty", "at least one layer, or null");
        EstimatorPlan.Translate(_host, () => ToReadoutOptions(smooth: true, _options.Output, seed: 0).Validate());
    }

    private void CheckRange(bool holds, string option, object? found, string allowed)
        => _host.CheckUserArg(holds, option, string.Create(CultureInfo.InvariantCulture, $"{option} is {found}; allowed: {allowed}."));
}

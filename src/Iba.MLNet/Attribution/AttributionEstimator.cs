using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// <see cref="IEstimator{TTransformer}"/> that explains the predictions of a classifier by an <see cref="AttributionMethod"/>: gradients,
/// Grad-CAM, occlusion, or one of your own.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Yes, at the first rows, to learn the layout of input and layer |
/// | Input column data type | Text (paths of pictures), <xref:Microsoft.ML.Data.MLImage>, known-size vector of <xref:System.Single>, or vector of integers or keys |
/// | Output column data type | Vector of <xref:System.Single>, `[H, W]` or `[L]`, in the method's unit |
/// | Required NuGet in addition to Microsoft.ML | Iba.MLNet, and a native libtorch |
/// | Exportable to ONNX | No |
///
/// The transformer shares the network that the options name and does not dispose it; a transformer loaded from a file owns its network.
/// Rows are computed in batches, only when a value of an added column is asked for.
/// ]]></format>
/// </remarks>
/// <example>
/// Fitted once, saved, and loaded by another process, method and network included:
/// <code language="csharp"><![CDATA[
/// using Microsoft.ML.Transforms.Image;
///
/// var mlContext = new MLContext();
/// var images = mlContext.Data.LoadFromEnumerable([new Row { Image = MLImage.CreateFromFile("dog.jpg") }]);
///
/// using (var network = OnnxNetwork.Load("resnet50.onnx"))
/// using (var gradient = new Gradient())
/// using (var explainer = mlContext.Transforms.Attribution("Slopes", "Image", network, gradient, preprocessing: ImagePreprocessing.ImageNet).Fit(images))
///     mlContext.Model.Save(explainer, inputSchema: null, "explainer.zip");
///
/// var loaded = mlContext.Model.Load("explainer.zip", out _);
/// var slopes = loaded.Transform(images).GetColumn<float[]>("Slopes").First(); // The logit's change for a change of each pixel.
///
/// class Row
/// {
///     [ImageType(224, 224)]
///     public MLImage? Image { get; set; }
/// }
/// ]]></code>
/// </example>
/// <seealso cref="AttributionCatalog.Attribution(TransformsCatalog, Options)"/>
public sealed class AttributionEstimator : IEstimator<AttributionTransformer>
{
    /// <summary>Options of the <see cref="AttributionEstimator"/>, as used in
    /// <see cref="AttributionCatalog.Attribution(TransformsCatalog, Options)"/>.</summary>
    public sealed class Options : AttributionOptions
    {
#pragma warning disable CA1051 // Options of ML.NET's components are public fields.
        /// <summary>The method. Required. It stays the caller's, and is shared by the fitted transformers.</summary>
        public required AttributionMethod Method;

        /// <summary>
        /// Further methods at the same cut, each with the name of its column of maps: what lies before the cut, and the prediction, are computed
        /// once for all. They stay the caller's, too. Null (default): there are none.
        /// </summary>
        public IReadOnlyList<(string OutputColumnName, AttributionMethod Method)>? FurtherMethods;
#pragma warning restore CA1051

        internal override IEnumerable<(string? Name, OutputColumnKind Kind)> OutputColumns
            => [.. base.OutputColumns, .. (FurtherMethods ?? []).Select(further => ((string?)further.OutputColumnName, OutputColumnKind.Heatmap))];
    }

    private readonly IHost _host;
    private readonly Options _options;
    private readonly AttributionMethod _method;
    private readonly EstimatorPlan _plan;

    internal AttributionEstimator(IHostEnvironment env, Options options)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(AttributionEstimator));
        _host.CheckValue(options, nameof(options));
        _options = (Options)options.Clone();
        _host.CheckValue(_options.Method, nameof(_options.Method));
        _options.FurtherMethods = _options.FurtherMethods?.ToArray();
        foreach (var (name, method) in _options.FurtherMethods ?? [])
        {
            _host.CheckNonWhiteSpace(name, nameof(_options.FurtherMethods));
            _host.CheckValue(method, nameof(_options.FurtherMethods));
        }

        AttributionMethod[] methods = [_options.Method, .. (_options.FurtherMethods ?? []).Select(further => further.Method)];
        foreach (var method in methods)
        {
            _host.CheckUserArg(
                _options.Layer != null || method.CutsAtInput,
                nameof(_options.Layer),
                $"{nameof(_options.Layer)} is not set; '{method.Name}' is about the features of a layer: name one out of the network's Layers" +
                (methods.Length == 1 ? "." : ", or give methods that belong at the input a transform of their own."));
            _host.CheckUserArg(
                method is not PerSampleBottleneck, nameof(_options.Method), "The bottleneck has to be measured first: use mlContext.Transforms.Iba.");
            _host.CheckUserArg(
                method is not ReadoutBottleneck, nameof(_options.Method), "The readout has to be trained first: use mlContext.Transforms.IbaReadout.");
        }

        _method = methods.Length == 1 ? _options.Method : new SeveralMethods(methods, owned: []);
        _plan = new EstimatorPlan(_host, _options, methods.All(method => method.CutsAtInput));
    }

    /// <summary>Looks at the first rows: where the channels are, what the network returns, and whether the method can be applied there.</summary>
    /// <param name="input">At least 1 row of the kind that will be explained.</param>
    /// <exception cref="InvalidOperationException">The data is empty, or the first rows cannot be explained; the message names row and column.</exception>
    public AttributionTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        using var channel = _host.Start("Fit");
        using var plan = _plan.Open();
        var (rows, layout) = plan.Read(channel, input);
        plan.MoveNetwork();
        using var split = plan.Cut();
        var look = new LayerLook(
            _host, channel, plan.Options, layout, split, atInput: _options.Layer == null, classCount => plan.CheckLabels(channel, rows.Schema, classCount));
        var trial = new MethodTrial(_host, channel, look, split, plan.Options.AskedTarget, _method);
        new FitLoop(_host, channel, plan.Options, layout, split, trial).Run(rows, _options.BatchSize);
        var facts = look.Facts;
        plan.LogClasses(channel, facts.ClassCount);
        facts = facts with { FeatureShape = LayerFacts.Open(facts.FeatureShape, facts.Input, facts.ChannelDimension) };
        return plan.Configure(new AttributionTransformer(_host, plan.ToSettings(facts), _method, ownsMethod: false, plan.LendNetwork()));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);
}

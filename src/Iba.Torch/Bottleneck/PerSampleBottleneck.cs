using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The per-sample bottleneck (Schulz et al. 2020, section 3.2): optimises, for each row, how much of each feature may pass. Keeps its noise
/// between calls.
/// </summary>
public sealed class PerSampleBottleneck : AttributionMethod
{
    internal const string MethodName = "per-sample-bottleneck";

    /// <summary>The noise that is kept between calls, of all seeds together.</summary>
    private const long MaximumNoiseBytes = 256L << 20;

    private readonly SplitNetwork? _network;
    private readonly LayerStatistics _statistics;
    private readonly BottleneckOptions _options;
    private readonly NoiseSource[] _noises;
    private readonly bool _ownsNoises;
    private readonly TailClassifier? _classifier;
    private readonly ActivationPasses? _passes;

    /// <summary>Prepares the bottleneck for a layer, of whichever cut it is given.</summary>
    /// <param name="statistics">The layer's statistics; not disposed.</param>
    /// <param name="options">Options; null: the defaults. Copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public PerSampleBottleneck(LayerStatistics statistics, BottleneckOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        _statistics = statistics;
        _options = options?.Copy() ?? new BottleneckOptions();
        _options.Validate();
        _noises = Enumerable.Range(0, _options.Seeds)
            .Select(index => new SeededNoise(unchecked(_options.Seed + index), _options.Noise, MaximumNoiseBytes / _options.Seeds)).ToArray<NoiseSource>();
        _ownsNoises = true;
    }

    /// <summary>Prepares the bottleneck of one layer, for <see cref="Explain(Activation, Tensor, Tensor)"/>.</summary>
    /// <param name="network">The network, cut at the layer; not disposed.</param>
    /// <param name="statistics">The layer's statistics; not disposed.</param>
    /// <param name="options">Options; null: the defaults. Copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public PerSampleBottleneck(SplitNetwork network, LayerStatistics statistics, BottleneckOptions? options = null)
        : this(network, statistics, options, noise: null)
    {
    }

    /// <inheritdoc cref="PerSampleBottleneck(SplitNetwork, LayerStatistics, BottleneckOptions?)"/>
    /// <param name="network">The network, cut at the layer; not disposed.</param>
    /// <param name="statistics">The layer's statistics; not disposed.</param>
    /// <param name="options">Options; null: the defaults. Copied.</param>
    /// <param name="noise">The noise, in place of that of the seeds; not disposed. Null: of its own.</param>
    internal PerSampleBottleneck(SplitNetwork network, LayerStatistics statistics, BottleneckOptions? options, NoiseSource? noise)
        : this(statistics, options)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        if (noise is not null) (_noises, _ownsNoises) = ([noise], false);
        _classifier = new TailClassifier(network, _options.Output == OutputKind.Auto ? network.Output : _options.Output);
        _passes = new ActivationPasses(network, this, _options.Execution);
    }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Bits;

    /// <inheritdoc/>
    public override int VersionsPerRow => _options.MostCopies;

    /// <summary>What a loss of your own does on two threads at once is not known.</summary>
    public override bool CanRunInParallel => BottleneckLoss.All.Contains(_options.Loss);

    /// <summary>
    /// At most this many rows go through the tail at once; 0: no bound. It is <see cref="BottleneckOptions.MaxRowsPerPass"/> until memory
    /// runs out, and from then on what fitted.
    /// </summary>
    public int RowsPerPass => _passes?.FittedRows ?? _options.MaxRowsPerPass;

    /// <summary>
    /// What the network's outputs are taken for: the option, else what the network says, else what the values of the first call
    /// showed; <see cref="OutputKind.Auto"/> before that call.
    /// </summary>
    public OutputKind Output => _classifier?.Output ?? _options.Output;

    /// <summary>The options.</summary>
    internal BottleneckOptions Options => _options;

    /// <summary>Optimises, for each row, how much of each feature may pass.</summary>
    /// <param name="activation">What the head computed for N rows.</param>
    /// <param name="targets">int64 <c>[N]</c>: the class to explain for each row; null: the predicted class.</param>
    /// <param name="mask">
    /// bool <c>[N, positions...]</c>: which positions exist (padding carries 0 bits and is passed on as it is). Null: all.
    /// </param>
    /// <returns>
    /// The result, disposed by the caller. A row that cannot be explained (NaN or infinity, no such class, no position) is listed in
    /// <see cref="Attribution.Failures"/> and does not disturb the others.
    /// </returns>
    /// <exception cref="ArgumentException">Features, targets, mask and statistics do not fit together.</exception>
    /// <exception cref="InvalidOperationException">The tail failed, memory ran out even for a single row, or the bottleneck was made without a network.</exception>
    public BottleneckResult Explain(Activation activation, Tensor? targets = null, Tensor? mask = null)
    {
        if (_network is null)
        {
            throw new InvalidOperationException($"This {nameof(PerSampleBottleneck)} was made without a network: call the Explain that takes one.");
        }

        ArgumentNullException.ThrowIfNull(activation);
        var request = new AttributionRequest
        {
            Target = targets is null ? ExplanationTarget.PredictedClass : ExplanationTarget.Label,
            Labels = targets,
            Mask = mask,
            ChannelDimension = _statistics.ChannelDimension,
        };
        CheckFits(_network, activation, _statistics.ChannelDimension);
        return (BottleneckResult)Explain(_network, activation, request, _classifier!, _passes!, CancellationToken.None);
    }

    /// <summary>Writes the options and the statistics.</summary>
    /// <param name="writer">Where to write; left open.</param>
    /// <exception cref="InvalidOperationException">The loss is one of your own, which has no name to be saved by.</exception>
    public override void Save(BinaryWriter writer)
    {
        _options.Save(writer);
        _statistics.Save(writer);
    }

    internal static PerSampleBottleneck Load(BinaryReader reader)
    {
        var options = BottleneckOptions.Load(reader);
        return new PerSampleBottleneck(LayerStatistics.Load(reader), options);
    }

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var statistics = _statistics.To(pass.Features.device);
        var tail = TailPrecisionChoice.Of(_options, pass.Network, pass.Features.device);
        return _noises.Length == 1 ? Run(_noises[0]) : SeedMean.Of(_noises.Length, index => Run(_noises[index]));

        BottleneckResult Run(NoiseSource noise) => new MaskOptimization(pass, statistics, _options, noise, tail).Run();
    }

    private protected override void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request)
    {
        CheckFits(network, activation, request.ChannelDimension);
        CheckLoss(_options.Loss, request.Target);
        TailPrecisionChoice.Of(_options, network, activation.Features.device);
        CheckMemory(network, activation.Features);
    }

    private protected override OutputKind AskedOutput => _options.Output;

    private protected override string MemoryAdvice
        => $"with {_options.MostCopies} noise copies: lower {nameof(BottleneckOptions.NoiseCopies)}, or cut at a later layer";

    /// <summary>Refuses a loss that a target would not follow.</summary>
    /// <exception cref="ArgumentException">The target has a loss of its own, and another one was chosen.</exception>
    internal static void CheckLoss(BottleneckLoss loss, ExplanationTarget target)
    {
        if (loss == BottleneckLoss.CrossEntropy || target.Questions.All(question => question is OneClassTarget)) return;
        throw new ArgumentException(
            $"{nameof(BottleneckOptions.Loss)} is '{loss}', but target '{target}' has a loss of its own: only a single class can be kept in several ways. Leave it at " +
            $"'{BottleneckLoss.CrossEntropy}', or write a target of your own ({nameof(ExplanationTarget)}.{nameof(ExplanationTarget.Custom)}).", nameof(loss));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _passes?.Dispose();
            foreach (var noise in _ownsNoises ? _noises : []) noise.Dispose();
        }

        base.Dispose(disposing);
    }

    private void CheckFits(SplitNetwork network, Activation activation, int channelDimension)
    {
        var features = activation.Features;
        if (features.dim() == 0 || !features.is_floating_point() || Fits(features, channelDimension)) return;
        throw new ArgumentException(
            $"Layer '{network.LayerName}' gives features {Shapes.Format(features.shape)} with channels in dimension {channelDimension}; " +
            $"its statistics are for {Shapes.Format(_statistics.Mean.shape)} per row, channels in dimension {_statistics.ChannelDimension}" +
            (_statistics.PerChannel
                ? " (one value per channel)."
                : ": give inputs of the size that was measured, or measure per channel."),
            nameof(activation));
    }

    private bool Fits(Tensor features, int channelDimension)
    {
        long[] row = features.shape[1..];
        long[] measured = _statistics.Mean.shape;
        if (channelDimension != _statistics.ChannelDimension) return false;
        if (!_statistics.PerChannel) return row.SequenceEqual(measured);
        return row.Length == measured.Length && row[channelDimension - 1] == measured[channelDimension - 1];
    }

    /// <summary>Linux grants more memory than there is, and ends the process that uses it.</summary>
    private void CheckMemory(SplitNetwork network, Tensor features)
    {
        double noiseNoisyAndGradient = 3.0 * features.element_size() * _options.MostCopies * features.numel() / features.shape[0];
        if (features.device_type == DeviceType.CPU && noiseNoisyAndGradient > MachineMemory.Bytes)
        {
            throw NotEnoughMemory(network, features, null);
        }
    }
}

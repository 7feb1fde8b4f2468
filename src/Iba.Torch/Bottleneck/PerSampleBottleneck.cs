using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The per-sample bottleneck (Schulz et al. 2020, section 3.2), for many rows at once. Keeps its noise between calls. Not safe for use
/// from several threads at once.
/// </summary>
public sealed class PerSampleBottleneck : IDisposable
{
    private const int RowsBetweenTrims = 32;

    private readonly SplitNetwork _network;
    private readonly LayerStatistics _statistics;
    private readonly BottleneckOptions _options;
    private readonly NoiseSource _noise;
    private readonly bool _ownsNoise;
    private readonly TailClassifier _classifier;
    private readonly PassMemory _memory;
    private long _rowsSinceTrim;

    /// <summary>Prepares the bottleneck of one layer.</summary>
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
    /// <param name="noise">The noise, which several bottlenecks may share; not disposed. Null: of its own.</param>
    internal PerSampleBottleneck(SplitNetwork network, LayerStatistics statistics, BottleneckOptions? options, NoiseSource? noise)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(statistics);
        _network = network;
        _statistics = statistics;
        _options = options?.Copy() ?? new BottleneckOptions();
        _options.Validate();
        _noise = noise ?? new SeededNoise(_options.Seed);
        _ownsNoise = noise is null;
        _classifier = new TailClassifier(network, _options.Output == OutputKind.Auto ? network.Output : _options.Output);
        _memory = new PassMemory(network, _options.NoiseCopies);
        RowsPerPass = _options.MaxRowsPerPass;
    }

    /// <summary>
    /// At most this many rows go through the tail at once; 0: no bound. It is <see cref="BottleneckOptions.MaxRowsPerPass"/> until memory
    /// runs out, and from then on what fitted.
    /// </summary>
    public int RowsPerPass { get; private set; }

    /// <inheritdoc cref="BottleneckOptions.MemoryBudget"/>
    internal long MemoryBudget
    {
        get => _options.MemoryBudget;
        set => _options.MemoryBudget = value;
    }

    /// <summary>Called before every optimisation step; may throw, for example to cancel.</summary>
    internal Action? BeforeStep { get; set; }

    /// <summary>
    /// About how much memory one row takes in a pass, in bytes, see <see cref="BottleneckOptions.MemoryBudget"/>; infinity where memory ran
    /// out even for finding that out.
    /// </summary>
    internal double BytesPerRow(Activation activation)
    {
        try
        {
            return _memory.BytesPerRow(activation);
        }
        catch (Exception error) when (NativeError.IsOutOfMemory(error))
        {
            return double.PositiveInfinity;
        }
    }

    /// <summary>
    /// What the network's outputs are taken for: the option, else what the network says, else what the values of the first call
    /// showed; <see cref="OutputKind.Auto"/> before that call.
    /// </summary>
    public OutputKind Output => _classifier.Output;

    /// <summary>Optimises, for each row, how much of each feature may pass.</summary>
    /// <param name="activation">What the head computed for N rows.</param>
    /// <param name="targets">int64 <c>[N]</c>: the class to explain for each row; null: the predicted class.</param>
    /// <param name="mask">
    /// bool <c>[N, positions...]</c>: which positions exist (padding carries 0 bits and is passed on as it is). Null: all.
    /// </param>
    /// <returns>
    /// The result, disposed by the caller. A row that cannot be explained (NaN or infinity, no such class, no position) is listed in
    /// <see cref="BottleneckResult.Failures"/> and does not disturb the others.
    /// </returns>
    /// <exception cref="ArgumentException">Features, targets, mask and statistics do not fit together.</exception>
    /// <exception cref="InvalidOperationException">The tail failed, or memory ran out even for a single row.</exception>
    public BottleneckResult Explain(Activation activation, Tensor? targets = null, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(activation);
        CheckInputs(activation.Features, targets, mask);
        CheckMemory(activation.Features);
        using var scope = NewDisposeScope();
        using var differentiable = inference_mode(false);
        using var statistics = _statistics.To(activation.Features.device);
        var passes = new List<BottleneckResult>();
        long rows = activation.Rows;
        long within = MemoryBudget == 0 ? rows : (long)Math.Max(1, MemoryBudget / BytesPerRow(activation));
        for (long start = 0; start < rows;)
        {
            long count = Math.Min(within, rows - start);
            if (RowsPerPass > 0) count = Math.Min(count, RowsPerPass);
            try
            {
                long first = start;
                passes.Add(LostScalar.Repeat(() => Pass(activation, statistics, targets, mask, first, count)));
                start += count;
            }
            catch (Exception error) when (NativeError.IsOutOfMemory(error))
            {
                if (count == 1) throw NotEnoughMemory(activation.Features, error);
                RowsPerPass = (int)((count + 1) / 2);
            }
        }

        var result = passes.Count == 1 ? passes[0] : BottleneckResult.Join(passes);
        foreach (var tensor in result.Tensors) tensor.DetachFromDisposeScope();
        TrimMemory(rows);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsNoise) _noise.Dispose();
    }

    private BottleneckResult Pass(Activation activation, LayerStatistics statistics, Tensor? targets, Tensor? mask, long start, long count)
    {
        using var scope = NewDisposeScope();
        using var rows = activation.Slice(start, count);
        var positions = mask?.narrow(0, start, count);
        var optimization = new MaskOptimization(rows, _classifier, statistics, _options, _noise, positions) { BeforeStep = BeforeStep };
        var clean = Clean(rows);
        var wanted = targets is null ? clean.argmax(1) : targets.narrow(0, start, count).to(clean.device);
        var exists = wanted.ge(0).logical_and(wanted.lt(clean.shape[1]));
        var result = optimization.Run(wanted.where(exists, zeros_like(wanted)), clean);
        result = FailedRows.Mark(result, rows.Features, wanted, exists, positions, start);
        foreach (var tensor in result.Tensors) tensor.MoveToOuterDisposeScope();
        return result;
    }

    /// <summary>Gives kept buffers that lie idle back now and then; at every heat map it would cost what keeping them saves.</summary>
    private void TrimMemory(long rows)
    {
        _rowsSinceTrim += rows;
        if (!NativeMemory.KeepsBuffers || _rowsSinceTrim < RowsBetweenTrims) return;
        _rowsSinceTrim = 0;
        NativeMemory.Trim();
    }

    private Tensor Clean(Activation rows)
    {
        using var grad = no_grad();
        return _classifier.LogProbabilities(rows.Features.unsqueeze(1), rows).squeeze(1);
    }

    private void CheckInputs(Tensor features, Tensor? targets, Tensor? mask)
    {
        if (!features.is_floating_point())
        {
            throw new ArgumentException(
                $"Layer '{_network.LayerName}' gives {features.dtype}; noise can be mixed into floating point features only: cut at a later layer.",
                nameof(features));
        }

        if (features.dim() == 0 || features.shape[0] == 0) throw new ArgumentException("There are no rows to explain.", nameof(features));
        if (!Fits(features))
        {
            throw new ArgumentException(
                $"Layer '{_network.LayerName}' gives features {Shapes.Format(features.shape)}; " +
                $"its statistics are for {Shapes.Format(_statistics.Mean.shape)} per row" +
                (_statistics.PerChannel
                    ? " (one value per channel)."
                    : ": give inputs of the size that was measured, or measure per channel."),
                nameof(features));
        }

        if (targets is not null && (targets.dtype != ScalarType.Int64 || targets.dim() != 1 || targets.shape[0] != features.shape[0]))
        {
            throw new ArgumentException(
                $"Targets are {targets.dtype} {Shapes.Format(targets.shape)}; expected Int64 [{features.shape[0]}].", nameof(targets));
        }

        if (mask is not null)
        {
            using var scope = NewDisposeScope();
            Shapes.BroadcastMask(mask, features, _statistics.ChannelDimension);
        }
    }

    /// <summary>Linux grants more memory than there is, and ends the process that uses it.</summary>
    private void CheckMemory(Tensor features)
    {
        double noiseNoisyAndGradient = 3.0 * features.element_size() * _options.NoiseCopies * features.numel() / features.shape[0];
        if (features.device_type == DeviceType.CPU && noiseNoisyAndGradient > MachineMemory.Bytes)
        {
            throw NotEnoughMemory(features, null);
        }
    }

    private InvalidOperationException NotEnoughMemory(Tensor features, Exception? cause) => new(
        $"Not enough memory to explain one row of features {Shapes.Format(features.shape)} of layer '{_network.LayerName}' " +
        $"with {_options.NoiseCopies} noise copies: lower {nameof(BottleneckOptions.NoiseCopies)}, or cut at a later layer.",
        cause);

    private bool Fits(Tensor features)
    {
        long[] row = features.shape[1..];
        long[] measured = _statistics.Mean.shape;
        if (!_statistics.PerChannel) return row.SequenceEqual(measured);
        return row.Length == measured.Length && row[_statistics.ChannelDimension - 1] == measured[_statistics.ChannelDimension - 1];
    }
}

using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Trains the small network of a <see cref="ReadoutBottleneck"/>: for each row, the loss of the per-sample bottleneck (model loss + beta *
/// information) under the mask that it predicts; Adam on the mean over a batch. Can be stopped at any place and gone on with.
/// </summary>
/// <remarks>Not safe for use from several threads at once. A row is computed alone, so that nothing depends on how rows are handed over.</remarks>
public sealed class ReadoutTraining : IDisposable
{
    private const string Signature = "iba-readout-training";
    private const int Version = 1;

    private static readonly Scalar One = 1;

    private readonly ReadoutCut _cut;
    private readonly LayerStatistics _statistics;
    private readonly ReadoutScale _scale;
    private readonly ReadoutNetwork _network;
    private readonly ReadoutOptions _options;
    private readonly BottleneckOptions _bottleneck;
    private readonly TailClassifier _classifier;
    private readonly SeededNoise _noise;
    private readonly Adam[] _adam;
    private readonly Tensor[] _gradient;
    private int _rowsOfBatch;
    private long _rows;
    private double _bestLoss = double.PositiveInfinity;
    private int _epochsWithoutGain;
    private EpochSums _sums;

    /// <summary>Begins.</summary>
    /// <param name="cut">The network, cut; not disposed.</param>
    /// <param name="measurement">What was measured on it: at least two rows, better all that training will see.</param>
    /// <param name="options">Options; null: the defaults. Copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">Too few rows were measured.</exception>
    public ReadoutTraining(ReadoutCut cut, ReadoutMeasurement measurement, ReadoutOptions? options = null)
        : this(cut, Checked(measurement, options).ToStatistics(), measurement.ToScale(), network: null, options ?? new ReadoutOptions())
    {
    }

    /// <param name="cut">The network, cut; not disposed.</param>
    /// <param name="statistics">Those of the bottleneck's layer. Owned.</param>
    /// <param name="scale">That of the layers that are read. Owned.</param>
    /// <param name="network">What is trained. Owned. Null: a new one.</param>
    /// <param name="options">The options. Copied.</param>
    internal ReadoutTraining(ReadoutCut cut, LayerStatistics statistics, ReadoutScale scale, ReadoutNetwork? network, ReadoutOptions options)
    {
        ArgumentNullException.ThrowIfNull(cut);
        _cut = cut;
        _options = options.Copy();
        _options.Validate();
        _bottleneck = _options.ToBottleneck();
        _statistics = statistics;
        _scale = scale;
        long channels = statistics.Mean.shape[statistics.ChannelDimension - 1];
        _network = network ?? ReadoutNetwork.Create(scale.Channels, channels, _options.InitialAlpha, _options.Seed);
        _classifier = new TailClassifier(cut, _options.Output == OutputKind.Auto ? cut.Output : _options.Output);
        // Every row of every epoch has noise of its own: nothing is worth keeping.
        _noise = new SeededNoise(_options.Seed, _options.Noise, maxCachedBytes: 0);
        _adam = [.. _network.Parameters.Select(parameter => new Adam(parameter, _options.LearningRate))];
        _gradient = [.. _network.Parameters.Select(parameter => zeros_like(parameter).DetachFromDisposeScope())];
    }

    /// <summary>The number of epochs that are done.</summary>
    public int Epoch { get; private set; }

    /// <summary>Whether all epochs are done, or <see cref="ReadoutOptions.Patience"/> is at its end.</summary>
    public bool IsFinished => Epoch >= _options.Epochs || _epochsWithoutGain >= _options.Patience;

    /// <summary>The options.</summary>
    internal ReadoutOptions Options => _options;

    /// <summary>What is trained.</summary>
    internal IReadOnlyList<Tensor> Parameters => _network.Parameters;

    /// <summary>The summed gradient of the rows since the last update, for each of the network's parameters.</summary>
    internal IReadOnlyList<Tensor> Gradient => _gradient;

    /// <summary>
    /// Learns from rows: after every <see cref="ReadoutOptions.BatchSize"/> of them, in their order and whatever the size of the calls, the weights
    /// are updated.
    /// </summary>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of the network's inputs.</param>
    /// <param name="labels">int64 <c>[N]</c>: the rows' classes, for <see cref="ExplanationTarget.Label"/>; else null.</param>
    /// <param name="mask">bool <c>[N, positions...]</c>: which positions of the bottleneck's layer exist; null: all.</param>
    /// <param name="cancellation">Ends the work between two rows; the rows before it were learned from.</param>
    /// <exception cref="ArgumentException">Labels are missing or are no <c>[N]</c>, or features do not fit what was measured.</exception>
    /// <exception cref="InvalidOperationException">A row's features or its loss are NaN or infinite, or its class does not exist: it was not learned from.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Add(IReadOnlyList<Tensor> inputs, Tensor? labels = null, Tensor? mask = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        long rows = inputs.Count > 0 && inputs[0].dim() > 0 ? inputs[0].shape[0] : 0;
        if (_options.Target.NeedsLabels && labels is null) throw new ArgumentException($"Target '{_options.Target}' needs labels, int64 [{rows}].", nameof(labels));
        if (labels is not null && (labels.dtype != ScalarType.Int64 || labels.dim() != 1 || labels.shape[0] != rows))
        {
            throw new ArgumentException($"Labels are {labels.dtype} {Shapes.Format(labels.shape)}; expected Int64 [{rows}].", nameof(labels));
        }

        for (long row = 0; row < rows; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var differentiable = inference_mode(false);
            using var activation = (ReadoutActivation)_cut.Head([.. inputs.Select(tensor => tensor.narrow(0, row, 1))]);
            Learn(activation, labels?.narrow(0, row, 1), mask?.narrow(0, row, 1), row);
        }
    }

    /// <summary>Ends an epoch: what is left of a batch makes an update, too.</summary>
    /// <returns>What it came to.</returns>
    /// <exception cref="InvalidOperationException">No row was learned from since the last epoch.</exception>
    public ReadoutEpoch EndEpoch()
    {
        if (_sums.Rows == 0) throw new InvalidOperationException("The epoch has no rows: add some first.");
        Update();
        Epoch++;
        var epoch = _sums.Mean(Epoch);
        _sums = default;
        _epochsWithoutGain = epoch.Loss < _bestLoss - (_options.MinimumGain * Math.Abs(_bestLoss)) || double.IsInfinity(_bestLoss) ? 0 : _epochsWithoutGain + 1;
        _bestLoss = Math.Min(_bestLoss, epoch.Loss);
        return epoch;
    }

    /// <summary>The method, with the weights as they are now; disposed by the caller.</summary>
    public ReadoutBottleneck ToMethod()
    {
        var options = _options.Copy();
        options.Output = _classifier.Output;
        return new ReadoutBottleneck(_cut.LayerName, _cut.ReadoutLayers, _statistics.To(CPU), _scale.Copy(), _network.To(CPU), options);
    }

    // *** Binary format ***
    // string: signature; int: version; bool: whether the network's fingerprint is known; string: it
    // method: see ReadoutBottleneck
    // int: epoch; long: rows; double: best loss; int: epochs without gain; int: rows of the batch; int: kind of the outputs
    // long: rows of the epoch; double x 3: sums of its losses
    // each parameter: state of Adam; gradient
    /// <summary>Writes the state, between any two calls: whoever goes on with it gets the same bits as whoever never stopped.</summary>
    /// <param name="stream">Where to write; left open.</param>
    /// <exception cref="InvalidOperationException">The loss is one of your own, which has no name to be saved by.</exception>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Signature);
        writer.Write(Version);
        string? fingerprint = _cut.HeadFingerprint();
        writer.Write(fingerprint is not null);
        if (fingerprint is not null) writer.Write(fingerprint);
        using (var method = new ReadoutBottleneck(_cut.LayerName, _cut.ReadoutLayers, _statistics.To(CPU), _scale.Copy(), _network.To(CPU), _options)) method.Save(writer);
        writer.Write(Epoch);
        writer.Write(_rows);
        writer.Write(_bestLoss);
        writer.Write(_epochsWithoutGain);
        writer.Write(_rowsOfBatch);
        writer.Write((int)_classifier.Output);
        _sums.Save(writer);
        for (int i = 0; i < _adam.Length; i++)
        {
            _adam[i].Save(writer);
            StatisticsStream.Write(writer, _gradient[i]);
        }
    }

    /// <summary>Goes on with what <see cref="Save"/> wrote.</summary>
    /// <param name="cut">The network, cut at the same layers; not disposed.</param>
    /// <param name="stream">Where to read; left open.</param>
    /// <exception cref="InvalidDataException">The bytes are no training's state, damaged, or of a newer version.</exception>
    /// <exception cref="ArgumentException">The cut has other layers, or other weights up to them.</exception>
    public static ReadoutTraining Load(ReadoutCut cut, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(cut);
        ArgumentNullException.ThrowIfNull(stream);
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        ReadoutTraining? training = null;
        try
        {
            if (reader.ReadString() != Signature) throw new InvalidDataException("These bytes are no state of a readout's training.");
            int version = reader.ReadInt32();
            if (version is < 1 or > Version) throw new InvalidDataException($"A training of format {version}; this library reads 1 to {Version}: update it.");
            string? fingerprint = reader.ReadBoolean() ? reader.ReadString() : null;
            using var method = ReadoutBottleneck.Load(reader);
            CheckCut(cut, method, fingerprint);
            training = method.ToTraining(cut);
            training.Restore(reader);
            return training;
        }
        catch (Exception failure)
        {
            training?.Dispose();
            if (failure is not (EndOfStreamException or FormatException or ArgumentOutOfRangeException)) throw;
            throw new InvalidDataException("The state of a readout's training is cut off or damaged.", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statistics.Dispose();
        _scale.Dispose();
        _network.Dispose();
        _noise.Dispose();
        foreach (var adam in _adam) adam.Dispose();
        foreach (var gradient in _gradient) gradient.Dispose();
    }

    /// <summary>Learns from one row.</summary>
    /// <param name="activation">What the cut gave for it.</param>
    /// <param name="label">int64 <c>[1]</c>; null: there is none.</param>
    /// <param name="mask">bool <c>[1, positions...]</c>; null: all positions exist.</param>
    /// <param name="row">Its number, for messages.</param>
    internal void Learn(ReadoutActivation activation, Tensor? label, Tensor? mask, long row)
    {
        using var scope = NewDisposeScope();
        var (gradients, loss, modelLoss, information) = LostScalar.Repeat(() => Differentiate(activation, label, mask, row));
        if (!double.IsFinite(loss) || !gradients.All(gradient => gradient.isfinite().all().item<bool>()))
        {
            throw new InvalidOperationException($"Row {row}: its loss or gradient is NaN or infinite: check the input and the network, or lower the learning rate.");
        }

        using (no_grad())
        {
            for (int i = 0; i < gradients.Length; i++) _gradient[i].add_(gradients[i].to(_gradient[i].device), One);
        }

        _sums = _sums.Plus(loss, modelLoss, information);
        _rows++;
        if (++_rowsOfBatch == _options.BatchSize) Update();
    }

    /// <summary>The gradient of a row's loss for each parameter, and the loss.</summary>
    private (Tensor[] Gradients, double Loss, double ModelLoss, double Information) Differentiate(
        ReadoutActivation activation, Tensor? label, Tensor? mask, long row)
    {
        var statistics = _statistics.To(activation.Features.device);
        TargetQuestion question;
        using (no_grad()) question = _options.Target.Ask(_classifier, activation, new AttributionRequest { Labels = label });
        long asked = question.Asked.cpu().item<long>();
        if (asked != question.Targets.cpu().item<long>()) throw new InvalidOperationException($"Row {row}: its target {asked} is no class of the network (0 to {question.Clean.shape[1] - 1}).");
        var step = new BottleneckStep(activation, question, statistics, _bottleneck, _noise, mask);
        Tensor[] leaves = [.. _network.Parameters.Select(parameter => parameter.detach().to(activation.Features.device).requires_grad_())];
        var alpha = ReadoutBottleneck.AlphaOf(activation, _scale, leaves, statistics.ChannelDimension, mask);
        var (gradient, forward) = step.Run(alpha.detach().to_type(step.Features.dtype), (int)(_rows % int.MaxValue));
        (alpha * gradient.to_type(alpha.dtype)).sum().backward();
        statistics.Dispose();
        return (Array.ConvertAll(leaves, leaf => leaf.grad!), Number(forward.Loss), Number(forward.ModelLoss), Number(forward.Information));

        static double Number(Tensor one) => one.to_type(ScalarType.Float64).cpu().item<double>();
    }

    private static ReadoutMeasurement Checked(ReadoutMeasurement measurement, ReadoutOptions? options)
    {
        ArgumentNullException.ThrowIfNull(measurement);
        options?.Validate();
        return measurement;
    }

    private static void CheckCut(ReadoutCut cut, ReadoutBottleneck method, string? fingerprint)
    {
        if (cut.LayerName != method.Layer || !cut.ReadoutLayers.SequenceEqual(method.ReadoutLayers))
        {
            throw new ArgumentException(
                $"The training was at layer '{method.Layer}', reading {string.Join(", ", method.ReadoutLayers)}; the cut is at '{cut.LayerName}', reading {string.Join(", ", cut.ReadoutLayers)}.",
                nameof(cut));
        }

        if (fingerprint is null || cut.HeadFingerprint() is not { } found || found == fingerprint) return;
        throw new ArgumentException("The network has other weights, up to the layers that are read, than when the training began: begin anew.", nameof(cut));
    }

    private void Restore(BinaryReader reader)
    {
        Epoch = reader.ReadInt32();
        _rows = reader.ReadInt64();
        _bestLoss = reader.ReadDouble();
        _epochsWithoutGain = reader.ReadInt32();
        _rowsOfBatch = reader.ReadInt32();
        var output = (OutputKind)reader.ReadInt32();
        _sums = EpochSums.Load(reader);
        bool isPossible = Epoch >= 0 && _rows >= 0 && _epochsWithoutGain >= 0 && _rowsOfBatch >= 0 && _rowsOfBatch < _options.BatchSize && Enum.IsDefined(output) && !double.IsNaN(_bestLoss);
        if (!isPossible) throw new InvalidDataException("The state of a readout's training is damaged.");
        _classifier.Decide(output);
        for (int i = 0; i < _adam.Length; i++)
        {
            _adam[i].Restore(reader);
            using var scope = NewDisposeScope();
            var gradient = StatisticsStream.Read(reader, ScalarType.Float32, _gradient[i].shape);
            if (!gradient.isfinite().all().item<bool>()) throw new InvalidDataException("The state of a readout's training has a gradient that is NaN or infinite.");
            _gradient[i].copy_(gradient);
        }
    }

    private void Update()
    {
        if (_rowsOfBatch == 0) return;
        using var noGradient = no_grad();
        Scalar rows = (double)_rowsOfBatch;
        for (int i = 0; i < _adam.Length; i++)
        {
            _gradient[i].div_(rows);
            _adam[i].Step(_network.Parameters[i], _gradient[i]);
            _gradient[i].zero_();
        }

        GC.KeepAlive(rows); // See LostScalar: an update cannot be repeated.
        _rowsOfBatch = 0;
    }

    /// <summary>The sums over the rows of an epoch.</summary>
    private readonly record struct EpochSums(long Rows, double Loss, double ModelLoss, double Information)
    {
        public EpochSums Plus(double loss, double modelLoss, double information) => new(Rows + 1, Loss + loss, ModelLoss + modelLoss, Information + information);

        public ReadoutEpoch Mean(int epoch) => new(epoch, Rows, Loss / Rows, ModelLoss / Rows, Information / Rows);

        public void Save(BinaryWriter writer)
        {
            writer.Write(Rows);
            writer.Write(Loss);
            writer.Write(ModelLoss);
            writer.Write(Information);
        }

        public static EpochSums Load(BinaryReader reader) => new(reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
    }
}

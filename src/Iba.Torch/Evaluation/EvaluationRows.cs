using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Rows whose maps are judged: a network, its inputs, and the class that is looked at in each row. Metrics ask it about changed inputs; a row
/// goes through the network by itself, in many versions, so its numbers do not depend on the rows beside it. Not safe for use from several
/// threads at once.
/// </summary>
public sealed class EvaluationRows : IDisposable
{
    /// <summary>How many versions of a row share a pass unless <see cref="ExecutionOptions.RowsPerPass"/> says it: more only cost memory on a CPU.</summary>
    private const int VersionsPerPass = 8;

    /// <summary>The same on a GPU, which fewer would leave idle.</summary>
    private const int VersionsPerPassOnGpu = 64;

    private readonly SplitInput _network;
    private readonly Activation _activation;
    private readonly AttributionRequest _request;
    private readonly ExecutionOptions _execution;
    private readonly TailClassifier _classifier;
    private readonly ActivationLane _lane;
    private readonly Passes<ActivationLane> _passes;
    private readonly long[] _targets;
    private readonly double[] _probabilities;

    /// <summary>Runs the rows through the network once, each by itself.</summary>
    /// <param name="network">The network; not disposed.</param>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of the network's inputs; not disposed.</param>
    /// <param name="request">
    /// Which class is looked at, where the input's channels are, which positions exist, and about the machine. Null: the defaults, the predicted
    /// class of pictures <c>[N, C, H, W]</c>. For tokens <c>[N, L]</c> set <see cref="AttributionRequest.ChannelDimension"/> to 0.
    /// <see cref="ExecutionOptions.RowsPerPass"/> is the number of versions of a row that share a pass; null: 8 on a CPU, 64 elsewhere.
    /// </param>
    /// <param name="input">The name of the explained input, of any type. Null (default): the first of a floating point type, else the first.</param>
    /// <exception cref="ArgumentException">Inputs, labels or mask do not fit the network.</exception>
    /// <exception cref="InvalidOperationException">The network failed, or memory ran out even for a single version of a row.</exception>
    public EvaluationRows(Network network, IReadOnlyList<Tensor> inputs, AttributionRequest? request = null, string? input = null)
        : this(network, inputs, request, input, rowShape: null)
    {
    }

    /// <inheritdoc cref="EvaluationRows(Network, IReadOnlyList{Tensor}, AttributionRequest?, string?)"/>
    /// <param name="network">The network; not disposed.</param>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of the network's inputs; not disposed.</param>
    /// <param name="request">What is asked, as above; about rows of <paramref name="rowShape"/>.</param>
    /// <param name="input">The name of the explained input, as above.</param>
    /// <param name="rowShape">
    /// What a row of the explained input is, where the network takes its values in other dimensions: <c>[1, 28, 28]</c> for a picture in a row of 784.
    /// Null: what the network takes.
    /// </param>
    internal EvaluationRows(Network network, IReadOnlyList<Tensor> inputs, AttributionRequest? request, string? input, IReadOnlyList<long>? rowShape)
    {
        ArgumentNullException.ThrowIfNull(network);
        _request = request ?? new AttributionRequest();
        _request.Execution.Validate();
        _execution = _request.Execution.Copy();
        _execution.PassesAtOnce = 1;
        var explained = Explained(network, input);
        _network = new SplitInput(network, explained, network.Forward);
        _activation = _network.Head(inputs);
        if (rowShape is not null && !_activation.Features.shape.AsSpan(1).SequenceEqual(rowShape.ToArray()))
        {
            _network = new SplitInput(network, explained, AsTaken(network, explained, _activation.Features.shape[1..]));
            _activation = Viewed(_activation, rowShape);
        }

        try
        {
            Check();
            Positions = _activation.Features.shape.Where((_, dimension) => dimension > 0 && dimension != ChannelDimension).ToArray();
            _classifier = new TailClassifier(_network, _request.Output == OutputKind.Auto ? network.Output : _request.Output);
            _lane = new ActivationLane(new PassMemory(_network, versions: 1));
            _passes = new Passes<ActivationLane>(_execution, () => _lane);
            (_targets, _probabilities) = (new long[Count], new double[Count]);
            for (int row = 0; row < Count; row++) Predict(row);
        }
        catch
        {
            _passes?.Dispose();
            _activation.Dispose();
            throw;
        }
    }

    /// <summary>The number of rows, N.</summary>
    public int Count => (int)_activation.Rows;

    /// <summary>The class that is looked at in each row; -1 where the class that was asked for does not exist: metrics give NaN there.</summary>
    public IReadOnlyList<long> Targets => _targets;

    /// <summary>The network's probability of that class for the unchanged input, 0 to 1; NaN where it does not exist.</summary>
    public IReadOnlyList<double> Probabilities => _probabilities;

    /// <summary>The size of a row's map: the explained input's dimensions but for rows and channels.</summary>
    internal IReadOnlyList<long> Positions { get; }

    /// <inheritdoc cref="AttributionRequest.ChannelDimension"/>
    internal int ChannelDimension => _request.ChannelDimension;

    /// <inheritdoc cref="AttributionRequest.Mask"/>
    internal Tensor? Mask => _request.Mask;

    /// <summary>The explained input of all rows.</summary>
    internal Tensor Input => _activation.Features;

    /// <inheritdoc/>
    public void Dispose()
    {
        _passes.Dispose();
        _activation.Dispose();
        _network.Dispose();
    }

    /// <summary>Judges each row by itself, in their order.</summary>
    /// <param name="maps">float <c>[N, positions...]</c>.</param>
    /// <param name="measure">Told the row, its number, and its map; not called for a row that cannot be judged.</param>
    /// <param name="undefined">What such a row gets: its map holds NaN or infinity, or its class does not exist.</param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    internal IReadOnlyList<T> Measure<T>(Tensor maps, Func<EvaluationRow, int, double[], T> measure, Func<T> undefined, CancellationToken cancellation)
    {
        MapRows.Check(maps, Count, Positions, nameof(maps));
        var results = new T[Count];
        for (int index = 0; index < Count; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            double[] map = MapRows.Of(maps, index);
            using var row = new EvaluationRow(this, index, cancellation);
            results[index] = row.HasTarget && Correlation.AllFinite(map) ? measure(row, index, map) : undefined();
        }

        return results;
    }

    /// <summary>Refuses a mask, for metrics in which it has no meaning.</summary>
    internal void RefuseMask(string metric, string rows)
    {
        if (Mask is null) return;
        throw new ArgumentException($"{metric} counts every position of the input, and the rows have a {nameof(AttributionRequest.Mask)}: leave it out.", rows);
    }

    /// <summary>Refuses a fill that the input cannot have.</summary>
    internal void CheckFill(PixelFill fill, string parameter)
    {
        if (!Enum.IsDefined(fill)) throw new ArgumentOutOfRangeException(parameter, fill, $"{parameter} is {fill}; allowed: {string.Join(", ", Enum.GetNames<PixelFill>())}.");
        if (fill != PixelFill.Blurred || Positions.Count == 2) return;
        throw new ArgumentException($"Only pictures [H, W] can be blurred, not positions {Shapes.Format(Positions)}: choose {nameof(PixelFill.ChannelMean)}.", parameter);
    }

    /// <summary>A row, to be disposed by the caller.</summary>
    internal Activation Slice(int row) => _activation.Slice(row, 1);

    /// <summary>What the network says of the target for versions of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="index">Its number.</param>
    /// <param name="count">The number of versions.</param>
    /// <param name="probabilities">Whether probabilities are asked for, 0 to 1; else scores: logits, or the logarithms of probabilities.</param>
    /// <param name="versions">Makes versions <c>[K, ...]</c>: told the first, and how many.</param>
    /// <param name="cancellation">Ends the work between two passes.</param>
    internal double[] Ask(Activation row, int index, int count, bool probabilities, Func<int, int, Tensor> versions, CancellationToken cancellation)
    {
        double[] answers = new double[count];
        Run(row, count, (first, part) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var features = versions(first, part).unsqueeze(0);
            var target = tensor(_targets[index], ScalarType.Int64).to(features.device).view(1);
            var scores = probabilities
                ? _classifier.LogProbabilities(features, row).select(2, _targets[index]).to(ScalarType.Float64).exp()
                : _classifier.Scores(features, row, target).to(ScalarType.Float64);
            scores.cpu().contiguous().data<double>().ToArray().CopyTo(answers, first);
        });
        return answers;
    }

    private static NetworkInput Explained(Network network, string? input)
        => input is null
            ? network.Inputs.FirstOrDefault(candidate => is_floating_point(candidate.ElementType)) ?? network.Inputs[0]
            : network.Inputs.FirstOrDefault(candidate => candidate.Name == input)
                ?? throw new ArgumentException(
                    $"The network has no input '{input}'. Its inputs: {string.Join(", ", network.Inputs.Select(candidate => $"'{candidate.Name}'"))}.", nameof(input));

    /// <summary>The network, which gets the explained input in the dimensions that it takes.</summary>
    private static Func<IReadOnlyList<Tensor>, Tensor> AsTaken(Network network, NetworkInput explained, long[] shape)
    {
        int index = network.Inputs.TakeWhile(other => other.Name != explained.Name).Count();
        return inputs => network.Forward([.. inputs.Select((tensor, i) => i == index ? tensor.reshape([tensor.shape[0], .. shape]) : tensor)]);
    }

    /// <summary>The same values with rows of another shape; takes the place of what it is made from.</summary>
    private static Activation Viewed(Activation activation, IReadOnlyList<long> rowShape)
    {
        using var features = activation.Features;
        return new Activation(features.reshape([features.shape[0], .. rowShape]), activation.Context);
    }

    private void Check()
    {
        var features = _activation.Features;
        if (features.shape[0] == 0) throw new ArgumentException("There are no rows to judge.", "inputs");
        if (ChannelDimension < 0 || ChannelDimension >= features.dim() || features.dim() - (ChannelDimension > 0 ? 1 : 0) < 2)
        {
            throw new ArgumentException(
                $"{nameof(AttributionRequest.ChannelDimension)} is {ChannelDimension}, which leaves inputs {Shapes.Format(features.shape)} no positions to judge: " +
                "set it to 0 where each value is a position of its own.",
                "request");
        }

        using var scope = NewDisposeScope();
        if (_request.Mask is { } mask) _ = Shapes.BroadcastMask(mask, features, ChannelDimension);
        if (_request.Target is not OneClassTarget)
        {
            throw new ArgumentException(
                $"The target is '{_request.Target}'; metrics follow the probability of a class: {ExplanationTarget.PredictedClass}, {ExplanationTarget.Label} or one of {nameof(ExplanationTarget.Class)}.", "request");
        }

        if (!_request.Target.NeedsLabels) return;
        if (_request.Labels is not { } labels || labels.dtype != ScalarType.Int64 || !labels.shape.SequenceEqual([features.shape[0]]))
        {
            throw new ArgumentException(
                $"The target is {_request.Target}, which needs {nameof(AttributionRequest.Labels)}: Int64 [{features.shape[0]}], one class for each row.", "request");
        }
    }

    private void Predict(int index)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        using var row = Slice(index);
        Run(row, 1, (_, _) =>
        {
            var logProbabilities = _classifier.LogProbabilities(row.Features.unsqueeze(1), row).squeeze(1);
            var target = ((OneClassTarget)_request.Target).Resolve(logProbabilities, _request.Labels?.narrow(0, index, 1));
            long asked = target.item<long>();
            bool exists = asked >= 0 && asked < logProbabilities.shape[1];
            _targets[index] = exists ? asked : -1;
            _probabilities[index] = exists ? Math.Exp(logProbabilities[0, asked].to(ScalarType.Float64).item<double>()) : double.NaN;
        });
    }

    private void Run(Activation row, int count, Action<int, int> pass)
    {
        var device = row.Features.device_type;
        int versions = _execution.RowsPerPass ?? (device == TorchSharp.DeviceType.CPU ? VersionsPerPass : VersionsPerPassOnGpu);
        if (_execution.MemoryBudget is not null) _lane.Weigh(row);
        try
        {
            _passes.Run([Enumerable.Range(0, count).ToArray()], versions, device, _ => 1, (_, part) =>
            {
                using var scope = NewDisposeScope();
                using var grad = no_grad();
                pass(part[0], part.Length);
            });
        }
        catch (Exception error) when (NativeError.IsOutOfMemory(error))
        {
            throw new InvalidOperationException($"Not enough memory to run the network on one row of inputs {Shapes.Format(row.Features.shape)}.", error);
        }
    }
}

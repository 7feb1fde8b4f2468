using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The rows that an <see cref="AttributionMethod"/> explains together, and what it may ask of the network about them.</summary>
/// <remarks>Tensors that it makes belong to the dispose scope around the call.</remarks>
public sealed class AttributionPass
{
    private readonly TailClassifier _classifier;
    private readonly AttributionRequest _request;
    private readonly CancellationToken _cancellation;

    internal AttributionPass(
        AttributionMethod method, SplitNetwork network, TailClassifier classifier, Activation activation, AttributionRequest request, CancellationToken cancellation)
    {
        Method = method;
        Network = network;
        Activation = activation;
        _classifier = classifier;
        _request = request;
        _cancellation = cancellation;
        Features = activation.Features.dtype == ScalarType.Float64 ? activation.Features : activation.Features.to_type(ScalarType.Float32);
        using var grad = no_grad();
        Question = request.Target.Ask(classifier, activation, request);
        // Computed now, in the scope of the pass: it is asked for in shorter ones.
        _ = Question.Targets;
    }

    private AttributionPass(AttributionPass same, AttributionMethod method)
    {
        Method = method;
        (Network, Activation, Features) = (same.Network, same.Activation, same.Features);
        (_classifier, _request, _cancellation, CheckAlive) = (same._classifier, same._request, same._cancellation, same.CheckAlive);
        Question = same.Question;
    }

    /// <summary>The network, cut where the method is applied.</summary>
    public SplitNetwork Network { get; }

    /// <summary>What the head computed for the rows.</summary>
    public Activation Activation { get; }

    /// <summary>The number of rows, N.</summary>
    public long Rows => Activation.Rows;

    /// <summary>The features at the cut, <c>[N, ...]</c>, float32 or float64, without gradient: the input itself where the network is cut there.</summary>
    public Tensor Features { get; }

    /// <summary>
    /// The class explained in each row, int64 <c>[N]</c>; 0 where a row asked for one that does not exist. Of targets that are no classes, the index of the
    /// explained number among those that are reported.
    /// </summary>
    public Tensor Targets => Question.Targets;

    /// <summary>The network's prediction: log-probabilities <c>[N, classes]</c>; two classes for a network with a single output.</summary>
    /// <exception cref="InvalidOperationException">The target is not about classes, such as the value of a regression.</exception>
    public Tensor LogProbabilities => Question.IsLogarithmic ? Question.Logarithms
        : throw new InvalidOperationException($"Target '{_request.Target}' is not about classes, so that there are no probabilities: ask for {nameof(Scores)}.");

    /// <summary>bool <c>[N, positions...]</c>: which positions exist; null: all.</summary>
    public Tensor? Mask => _request.Mask;

    /// <summary>The dimension of the channels in <see cref="Features"/>; 0: there are none.</summary>
    public int ChannelDimension => _request.ChannelDimension;

    /// <summary>The dimensions of the positions in <see cref="Features"/>.</summary>
    public IReadOnlyList<int> PositionDimensions => Shapes.PositionDimensions(Features.dim(), ChannelDimension);

    /// <summary>The shape of a map: what <see cref="Arrange"/> leaves without channels.</summary>
    internal long[] MapShape
    {
        get
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            var (values, channels) = Arrange(Features);
            return values.shape.Where((_, dimension) => dimension != channels).ToArray();
        }
    }

    /// <summary>The mask on the positions of a map.</summary>
    internal Tensor? ArrangedMask
    {
        get
        {
            if (Mask is null) return null;
            var (values, channels) = Arrange(ChannelDimension == 0 ? Mask : Mask.unsqueeze(ChannelDimension));
            return values.select(channels, 0);
        }
    }

    internal AttributionMethod Method { get; }

    internal TailClassifier Classifier => _classifier;

    internal AttributionRequest Request => _request;

    /// <summary>The target's question about the rows.</summary>
    internal TargetQuestion Question { get; }

    /// <summary>Called between steps beside the cancellation token; throws when the work is cancelled.</summary>
    internal Action? CheckAlive { get; init; }

    /// <summary>To be called between the steps of long work.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void ThrowIfCancelled()
    {
        _cancellation.ThrowIfCancellationRequested();
        CheckAlive?.Invoke();
    }

    /// <summary>
    /// The target's score for K versions of each row's features: its logit, or the logarithm of its probability where the network gives
    /// probabilities. A single output is the logit of the second class, negated for the first. Targets that are no classes say what theirs is.
    /// </summary>
    /// <param name="versions"><c>[N, K, ...]</c>; gradients flow back to it where they are enabled.</param>
    /// <returns><c>[N, K]</c>.</returns>
    public Tensor Scores(Tensor versions) => Score(versions, TailMode.Plain);

    /// <summary>The gradient of the target's score with respect to K versions of each row's features.</summary>
    /// <param name="versions"><c>[N, K, ...]</c>.</param>
    /// <returns>The shape of <paramref name="versions"/>.</returns>
    public Tensor Gradient(Tensor versions) => Differentiate(versions, TailMode.Plain);

    /// <summary>The gradient of the target's score with respect to each row's features.</summary>
    /// <returns>The shape of <see cref="Features"/>.</returns>
    internal Tensor FeatureGradient() => Gradient(Features.unsqueeze(1)).squeeze(1);

    /// <summary>The same, where rectifiers hand back only what is above 0 of a gradient (see <see cref="SplitNetwork.GuidedTail"/>).</summary>
    internal Tensor GuidedGradient() => Differentiate(Features.unsqueeze(1), TailMode.Guided).squeeze(1);

    /// <summary>The target's probability for K versions of each row's features, or the number that is reported of it, <c>[N, K]</c>.</summary>
    internal Tensor Probabilities(Tensor versions)
    {
        ThrowIfCancelled();
        var reading = Question.Read(versions, TailMode.Plain);
        if (Question.Width != reading.shape[2]) return Pick(Question.Report(reading));
        var picked = Pick(reading);
        return Question.IsLogarithmic ? picked.exp() : picked;

        Tensor Pick(Tensor values) => values.gather(2, Targets.view(-1, 1, 1).expand(-1, versions.shape[1], 1)).squeeze(2);
    }

    /// <summary>The same rows, for another method.</summary>
    internal AttributionPass For(AttributionMethod method) => new(this, method);

    /// <summary>Asks something about the same rows and targets at another layer of the network.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="ask">Told the pass there; its result is moved out of the dispose scope around it.</param>
    /// <exception cref="ArgumentException">The network has no such layer, or this cut does not keep what the layer is computed from.</exception>
    internal Tensor At(string layer, Func<AttributionPass, Tensor> ask)
    {
        using var scope = NewDisposeScope();
        if (Network.Whole(Activation) is not var (network, inputs))
        {
            throw new ArgumentException($"'{Method.Name}' looks at layer '{layer}' and at the input: cut at the input, not at '{Network.LayerName}'.", nameof(layer));
        }

        using var split = network.Split(layer);
        using var activation = split.Head(inputs);
        long[] shape = activation.Features.shape;
        long[] size = PositionDimensions.Select(dimension => Features.shape[dimension]).ToArray();
        var guess = ChannelGuess.Of(shape, split.ChannelDimension, split.Layer.Shape, isDiscrete: false, ChannelDimension == Features.dim() - 1, size);
        var request = new AttributionRequest
        {
            Target = Question is ClassQuestion { IsOfOneClass: true } ? ExplanationTarget.Label : _request.Target,
            Labels = Question is ClassQuestion { IsOfOneClass: true } ? Targets : _request.Labels,
            Columns = _request.Columns,
            Mask = SequenceMask.Of(Mask, activation.Features, guess.Dimension),
            ChannelDimension = guess.Dimension,
            InputSize = size,
        };
        var pass = new AttributionPass(Method, split, new TailClassifier(split, _classifier.Output), activation, request, _cancellation) { CheckAlive = CheckAlive };
        return ask(pass).MoveToOuterDisposeScope();
    }

    /// <summary>Lays out values that are made for each row alone, whatever the rows beside it: padding is left 0.</summary>
    /// <param name="versions">The number of versions of a row, K.</param>
    /// <param name="make">Told the row and the size of what exists of it; returns float32 <c>[K, ...size]</c> on the CPU.</param>
    /// <returns><c>[N, K, positions...]</c>, of the features' type and device.</returns>
    /// <exception cref="ArgumentException">The positions that exist in a row are no grid.</exception>
    internal Tensor ForEachRow(long versions, Func<long, long[], Tensor> make)
    {
        long[] positions = PositionDimensions.Select(dimension => Features.shape[dimension]).ToArray();
        var rows = Enumerable.Range(0, (int)Rows).Select(row =>
        {
            if (Mask is null) return make(row, positions);
            var exists = Mask[row].cpu();
            long[] size = PositionMask.Axes(exists).Select(axis => (long)axis.Count(there => there)).ToArray();
            var all = zeros([versions, .. positions]);
            return exists.any().item<bool>() ? all.masked_scatter(exists.expand(all.shape), make(row, size).contiguous()) : all;
        });
        return stack(rows.ToArray()).to_type(Features.dtype).to(Features.device);
    }

    /// <summary>The mean over the positions that exist.</summary>
    /// <param name="values">The shape of <see cref="Features"/>.</param>
    /// <returns>The same, with every dimension of positions of size 1.</returns>
    public Tensor MeanOverPositions(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return PositionMean.Of(values, ChannelDimension, Mask);
    }

    /// <summary>
    /// Lays values over the explained input: where they stand in one line for the fields of a grid (see
    /// <see cref="AttributionRequest.InputSize"/>), they become that grid, without leading tokens; else they stay as they are.
    /// </summary>
    /// <param name="values">The shape of <see cref="Features"/>, with at least one channel.</param>
    /// <returns>The values, <c>[N, C, positions...]</c> or as they were, and the dimension of their channels.</returns>
    /// <exception cref="InvalidOperationException">The positions make no grid over the input.</exception>
    public (Tensor Values, int ChannelDimension) Arrange(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (ChannelDimension == 0) return (values.unsqueeze(1), 1);
        if (values.dim() != 3 || _request.InputSize.Count != 2) return (values, ChannelDimension);
        return TokenGrid.Of(values.shape[3 - ChannelDimension], _request.InputSize) is not null
            ? (TokenGrid.ToPicture(values, ChannelDimension, _request.InputSize), 1)
            : throw new InvalidOperationException(
                $"The {values.shape[3 - ChannelDimension]} positions of layer '{Network.LayerName}' make no grid over an input of {Shapes.Format(_request.InputSize)}: choose another layer.");
    }

    private Tensor Score(Tensor versions, TailMode mode)
    {
        ArgumentNullException.ThrowIfNull(versions);
        ThrowIfCancelled();
        return Question.Score(versions, mode);
    }

    private Tensor Differentiate(Tensor versions, TailMode mode)
    {
        ArgumentNullException.ThrowIfNull(versions);
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = versions.detach().requires_grad_();
        _classifier.Backward(Score(leaf, mode).sum());
        return leaf.grad!.MoveToOuterDisposeScope();
    }
}

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
        LogProbabilities = classifier.LogProbabilities(activation.Features.unsqueeze(1), activation).squeeze(1);
        AskedTargets = request.Target.Resolve(LogProbabilities, request.Labels);
        TargetExists = AskedTargets.ge(0).logical_and(AskedTargets.lt(LogProbabilities.shape[1]));
        Targets = AskedTargets.where(TargetExists, zeros_like(AskedTargets));
    }

    /// <summary>The network, cut where the method is applied.</summary>
    public SplitNetwork Network { get; }

    /// <summary>What the head computed for the rows.</summary>
    public Activation Activation { get; }

    /// <summary>The number of rows, N.</summary>
    public long Rows => Activation.Rows;

    /// <summary>The features at the cut, <c>[N, ...]</c>, float32 or float64, without gradient: the input itself where the network is cut there.</summary>
    public Tensor Features { get; }

    /// <summary>The class explained in each row, int64 <c>[N]</c>; 0 where a row asked for one that does not exist.</summary>
    public Tensor Targets { get; }

    /// <summary>The network's prediction: log-probabilities <c>[N, classes]</c>; two classes for a network with a single output.</summary>
    public Tensor LogProbabilities { get; }

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

    internal Tensor AskedTargets { get; }

    internal Tensor TargetExists { get; }

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
    /// probabilities. A single output is the logit of the second class, negated for the first.
    /// </summary>
    /// <param name="versions"><c>[N, K, ...]</c>; gradients flow back to it where they are enabled.</param>
    /// <returns><c>[N, K]</c>.</returns>
    public Tensor Scores(Tensor versions)
    {
        ArgumentNullException.ThrowIfNull(versions);
        ThrowIfCancelled();
        return _classifier.Scores(versions, Activation, Targets);
    }

    /// <summary>The gradient of the target's score with respect to K versions of each row's features.</summary>
    /// <param name="versions"><c>[N, K, ...]</c>.</param>
    /// <returns>The shape of <paramref name="versions"/>.</returns>
    public Tensor Gradient(Tensor versions)
    {
        ArgumentNullException.ThrowIfNull(versions);
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = versions.detach().requires_grad_();
        _classifier.Backward(Scores(leaf).sum());
        return leaf.grad!.MoveToOuterDisposeScope();
    }

    /// <summary>The mean over the positions that exist.</summary>
    /// <param name="values">The shape of <see cref="Features"/>.</param>
    /// <returns>The same, with every dimension of positions of size 1.</returns>
    public Tensor MeanOverPositions(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        long[] positions = PositionDimensions.Select(dimension => (long)dimension).ToArray();
        if (positions.Length == 0) return values;
        if (Mask is null) return values.mean(positions, keepdim: true);
        var exists = Shapes.BroadcastMask(Mask, values, ChannelDimension);
        return values.where(exists, zeros_like(values)).sum(positions, keepdim: true) / exists.sum(positions, keepdim: true);
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
}

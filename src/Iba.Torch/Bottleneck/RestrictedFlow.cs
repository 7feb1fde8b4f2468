using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The bottleneck itself for N rows of features: mixes features with noise by a mask and measures what passes (Schulz et al. 2020,
/// equations 2 to 4). The tensors belong to the dispose scope around the constructor.
/// </summary>
internal sealed class RestrictedFlow
{
    /// <summary>Below this kappa (which sigmoid(-85) reaches) logarithm and gradient stop growing instead of becoming infinite.</summary>
    private const double MinKappa = 1e-37;

    private readonly Tensor _features;
    private readonly Tensor _active;
    private readonly Tensor? _positions;
    private readonly Tensor _activeFeatures;
    private readonly Tensor _activeMean;
    private readonly Tensor _activeStd;
    private readonly Tensor _halfSquaredDeviation;
    private readonly Tensor _weight;
    private readonly GaussianSmoothing? _smoothing;
    private readonly bool _clampToRelu;
    private readonly Scalar _half = 0.5;
    private readonly Scalar _one = 1;
    private readonly Scalar _beta;
    private readonly Scalar _twiceBeta;

    /// <summary>Prepares what does not change from step to step.</summary>
    /// <param name="features"><c>[N, ...]</c>, float32 or float64.</param>
    /// <param name="statistics">On the features' device.</param>
    /// <param name="options">Beta, Sigma, MinStd and ClampToRelu are read.</param>
    /// <param name="positions">bool <c>[N, positions...]</c>: which positions exist; null: all.</param>
    public RestrictedFlow(Tensor features, LayerStatistics statistics, BottleneckOptions options, Tensor? positions)
    {
        int channelDimension = statistics.ChannelDimension;
        _features = features;
        _positions = positions is null ? null : Shapes.BroadcastMask(positions, features, channelDimension);

        // Padding may hold anything, NaN too.
        var measured = _positions is null ? features : features.where(_positions, zeros_like(features));
        var mean = statistics.Mean.to_type(features.dtype).unsqueeze(0);
        var std = statistics.Std.to_type(features.dtype).unsqueeze(0).clamp_min(options.MinStd);
        _active = statistics.Active.to_type(features.dtype).unsqueeze(0);
        _activeFeatures = measured * _active;
        _activeMean = mean * _active;
        _activeStd = std * _active;
        _halfSquaredDeviation = (measured - mean).div_(std).pow_(2).mul_(0.5);

        // Each row's mean is over its own positions: the weight of one neuron in it, 0 where there is no position.
        _weight = _positions is null
            ? _active / (double)features[0].numel()
            : _active * _positions / (Total(_positions) * (channelDimension == 0 ? 1 : features.shape[channelDimension]));
        bool smooth = options.Sigma > 0 && features.dim() > 2;
        _smoothing = smooth
            ? new(options.Sigma, features.shape, channelDimension, positions, features.dtype, features.device)
            : null;
        _clampToRelu = options.ClampToRelu;
        _beta = options.Beta;
        _twiceBeta = 2 * options.Beta;

        Tensor Total(Tensor exists)
            => exists.flatten(1).sum(1, type: features.dtype).view([-1, .. Enumerable.Repeat(1L, (int)features.dim() - 1)]);
    }

    /// <summary>The mask of alpha <c>[N, ...]</c>.</summary>
    public Mask Lambda(Tensor alpha)
    {
        // Never kappa = 1 - lambda, which is 0 in float32 from alpha 17 on: infinite capacity, gradients that are NaN.
        if (_smoothing is null) return new(alpha.sigmoid(), alpha.neg().sigmoid(), alpha.softplus());
        var kappa = _smoothing.Apply(alpha.neg().sigmoid());
        return new(_smoothing.Apply(alpha.sigmoid()), kappa, kappa.clamp_min(MinKappa).log().neg());
    }

    /// <summary>
    /// The noisy features as <c>Z = constant + scale noise</c>, which is <c>lambda R + kappa (mean + std noise)</c> of the active neurons:
    /// only the last product has K copies. Each <c>[N, ...]</c>.
    /// </summary>
    public (Tensor Constant, Tensor Scale) Mix(Mask mask)
    {
        var constant = (mask.Lambda * _activeFeatures).addcmul_(mask.Kappa, _activeMean, _one);
        var scale = mask.Kappa * _activeStd;
        return _positions is null ? (constant, scale) : (constant.where(_positions, _features), scale * _positions);
    }

    /// <summary>What the tail sees of the noisy copies: their values, clamped at 0 if the option asks for it; differentiable.</summary>
    public Tensor Clamped(Tensor noisy) => _clampToRelu ? noisy.relu() : noisy;

    /// <summary>The mean capacity per neuron of each row, in nats, <c>[N]</c>.</summary>
    public Tensor Information(Mask mask)
        => mask.Kappa.square().mul_(_half)
            .addcmul_(mask.Lambda.square(), _halfSquaredDeviation, _one)
            .add_(mask.NegativeLogKappa)
            .sub_(_half)
            .mul_(_weight)
            .flatten(1)
            .sum(1);

    /// <summary>
    /// The gradient of the summed losses, model loss + beta information, with respect to alpha, <c>[N, ...]</c>: the chain rule by hand,
    /// since autograd would keep every intermediate result and smooth backwards twice.
    /// </summary>
    /// <param name="alpha"><c>[N, ...]</c>.</param>
    /// <param name="mask">The mask of alpha.</param>
    /// <param name="ofConstant">The model loss's gradient with respect to the constant of <see cref="Mix"/>.</param>
    /// <param name="ofScale">The same for the scale.</param>
    public Tensor Gradient(Tensor alpha, Mask mask, Tensor ofConstant, Tensor ofScale)
    {
        using var scope = NewDisposeScope();
        var (lambda, kappa, _) = mask;
        if (_positions is not null) (ofConstant, ofScale) = (WherePositions(ofConstant), WherePositions(ofScale));
        var ofLambda = (ofConstant * _activeFeatures).addcmul_(lambda * _halfSquaredDeviation, _weight, _twiceBeta);
        var ofKappa = (ofConstant * _activeMean).addcmul_(ofScale, _activeStd, _one);

        // Of kappa^2 / 2 - ln kappa the derivative is kappa - 1 / kappa = -lambda (1 + kappa) / kappa, without the loss of digits.
        var ofEntropy = (kappa + 1).mul_(lambda).mul_(_weight);
        if (_smoothing is null)
        {
            return ofLambda.sub_(ofKappa).mul_(kappa).add_(ofEntropy, _beta).mul_(lambda).MoveToOuterDisposeScope();
        }

        ofEntropy.div_(kappa.clamp_min(MinKappa)).mul_(kappa.ge(MinKappa));
        var ofSmoothed = ofLambda.sub_(ofKappa).add_(ofEntropy, _beta);
        return _smoothing.ApplyTransposed(ofSmoothed).mul_(alpha.sigmoid()).mul_(alpha.neg().sigmoid()).MoveToOuterDisposeScope();

        Tensor WherePositions(Tensor values) => values.where(_positions, zeros_like(values));
    }

    /// <summary>
    /// The capacity of each neuron in nats, <c>[N, ...]</c>, never negative; as <see cref="Information"/>, but exact for small lambda too.
    /// </summary>
    public Tensor Capacity(Mask mask)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var (lambda, kappa, negativeLogKappa) = mask;

        // (kappa^2 - 1) / 2 - ln kappa is about lambda^2 for small lambda, and the sum of terms of size lambda: use lambda there.
        var small = lambda.clamp_max(0.5);
        var ofSmall = small.square().mul_(_half).sub_(small).sub_(small.neg().log1p());
        var ofLarge = kappa.square().mul_(_half).sub_(_half).add_(negativeLogKappa);
        var capacity = ofSmall.where(lambda.lt(0.5), ofLarge)
            .addcmul_(lambda.square(), _halfSquaredDeviation, _one)
            .clamp_min_(0)
            .mul_(_active);
        if (_positions is not null) capacity.mul_(_positions);
        return capacity.MoveToOuterDisposeScope();
    }
}

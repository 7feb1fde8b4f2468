using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The optimisation of the masks of N rows that go through the tail together (Schulz et al. 2020, section 3.2). Rows share the noise,
/// nothing else: each has its own mask, Adam state and loss. The tensors belong to the dispose scope around the constructor.
/// </summary>
internal sealed class MaskOptimization
{
    private readonly Activation _activation;
    private readonly TailClassifier _classifier;
    private readonly BottleneckOptions _options;
    private readonly NoiseSource _noise;
    private readonly int _channelDimension;
    private readonly Tensor _features;
    private readonly bool _channelsLast;
    private readonly RestrictedFlow _flow;
    private static readonly Scalar _one = 1;

    public MaskOptimization(
        Activation activation,
        TailClassifier classifier,
        LayerStatistics statistics,
        BottleneckOptions options,
        NoiseSource noise,
        Tensor? positions)
    {
        _activation = activation;
        _classifier = classifier;
        _options = options;
        _noise = noise;
        _channelDimension = statistics.ChannelDimension;
        _features = activation.Features.dtype == ScalarType.Float64 ? activation.Features : activation.Features.to_type(ScalarType.Float32);
        _channelsLast = MemoryLayout.IsChannelsLast(_features);
        _features = _features.detach().contiguous();
        _flow = new RestrictedFlow(_features, statistics, options, positions);
    }

    /// <summary>Called before every step; may throw.</summary>
    public Action? BeforeStep { get; init; }

    /// <summary>Optimises the masks.</summary>
    /// <param name="targets">int64 <c>[N]</c>: classes that exist.</param>
    /// <param name="clean">Log-probabilities without bottleneck, <c>[N, classes]</c>.</param>
    public BottleneckResult Run(Tensor targets, Tensor clean)
    {
        var alpha = full_like(_features, _options.InitialAlpha);
        using var adam = new Adam(alpha, _options.LearningRate);
        var steps = new List<Forward>();
        for (int step = 0; step < _options.Steps; step++)
        {
            BeforeStep?.Invoke();
            bool last = step == _options.Steps - 1;
            using var scope = NewDisposeScope();
            var (gradient, forward) = Gradient(alpha, step, targets, clean);
            adam.Step(alpha, gradient);
            steps.Add(forward.Keep(withMask: last));
        }

        using var grad = no_grad();
        var finished = _flow.Lambda(alpha);
        var underBottleneck = _options.EvaluateFinishedMask
            ? MeanProbabilities(LogProbabilities(Noisy(_flow.Mix(finished), Noise(_options.Steps - 1))))
            : MeanProbabilities(steps[^1].LogProbabilities!);
        return new BottleneckResult
        {
            Capacity = _flow.Capacity(finished),
            LastForwardCapacity = _flow.Capacity(steps[^1].Mask!),
            Alpha = alpha,
            Loss = stack(steps.Select(step => step.Loss), 1),
            ModelLoss = stack(steps.Select(step => step.ModelLoss), 1),
            Information = stack(steps.Select(step => step.Information), 1),
            Probabilities = clean.exp(),
            ProbabilitiesWithBottleneck = underBottleneck,
            Targets = targets.alias(),
        };
    }

    /// <summary>One forward and backward pass: the gradient of the summed losses with respect to alpha, <c>[N, ...]</c>.</summary>
    internal (Tensor Gradient, Forward Forward) Gradient(Tensor alpha, int step, Tensor targets, Tensor clean)
    {
        using var noGrad = no_grad();
        var mask = _flow.Lambda(alpha);
        var noise = Noise(step);
        var noisy = Noisy(_flow.Mix(mask), noise).requires_grad_();
        var (modelLoss, logProbabilities) = ModelLoss(noisy, targets, clean);
        var (ofConstant, ofScale) = SumsOverCopies(noisy.grad!, noise);
        var information = _flow.Information(mask);
        var loss = modelLoss.add(information, _options.Beta);
        return (_flow.Gradient(alpha, mask, ofConstant, ofScale), new(loss, modelLoss, information, logProbabilities, mask));
    }

    /// <summary>Forwards and backwards through the tail; leaves the gradient with the noisy copies.</summary>
    private (Tensor PerRow, Tensor LogProbabilities) ModelLoss(Tensor noisy, Tensor targets, Tensor clean)
    {
        using var grad = enable_grad();
        var logProbabilities = LogProbabilities(noisy);
        var losses = _classifier.IsMultiLabel
            ? _options.Loss.EvaluateLabels(logProbabilities, targets, clean)
            : _options.Loss.Evaluate(logProbabilities, targets, clean);
        var modelLoss = losses.mean([1]);
        _classifier.Backward(modelLoss.sum());
        return (modelLoss.detach(), logProbabilities.detach());
    }

    /// <summary>
    /// The gradients of the constant and of the scale of <c>Z = constant + scale noise</c>, in the mask's plain layout: sums over the
    /// copies, copy by copy, since a reduction over that dimension is many times slower and needs the memory of all copies again.
    /// </summary>
    private static (Tensor OfConstant, Tensor OfScale) SumsOverCopies(Tensor gradient, Tensor noise)
    {
        var ofConstant = gradient.select(1, 0).clone();
        var ofScale = ofConstant * noise.select(1, 0);
        for (long copy = 1; copy < gradient.shape[1]; copy++)
        {
            using var scope = NewDisposeScope();
            var ofCopy = gradient.select(1, copy);
            ofConstant.add_(ofCopy);
            ofScale.addcmul_(ofCopy, noise.select(1, copy), _one);
        }

        return (ofConstant.contiguous(), ofScale.contiguous());
    }

    /// <summary>
    /// The noisy copies, <c>[N, K, ...]</c>, without gradient, in the memory layout that the head gave its features: the one that suits the
    /// tail. The mask, of which there is one for K copies, keeps the plain layout.
    /// </summary>
    private Tensor Noisy((Tensor Constant, Tensor Scale) mixture, Tensor noise)
    {
        var constant = MemoryLayout.Dense(mixture.Constant.detach(), _channelsLast).unsqueeze(1);
        return constant.addcmul(MemoryLayout.Dense(mixture.Scale.detach(), _channelsLast).unsqueeze(1), noise, _one);
    }

    private Tensor LogProbabilities(Tensor noisy) => _classifier.LogProbabilities(_flow.Clamped(noisy), _activation);

    private Tensor Noise(int step)
        => _noise.Draw(step, _options.NoiseCopies, _features.shape.AsSpan(1), _channelDimension, _features.dtype, _features.device, _channelsLast);

    private static Tensor MeanProbabilities(Tensor logProbabilities) => logProbabilities.exp().mean([1]);

    /// <summary>What one forward pass gave, per row.</summary>
    internal sealed record Forward(Tensor Loss, Tensor ModelLoss, Tensor Information, Tensor? LogProbabilities, Mask? Mask)
    {
        /// <summary>Moves what the result needs out of the step's scope.</summary>
        public Forward Keep(bool withMask) => new(
            Loss.MoveToOuterDisposeScope(),
            ModelLoss.MoveToOuterDisposeScope(),
            Information.MoveToOuterDisposeScope(),
            withMask ? LogProbabilities!.MoveToOuterDisposeScope() : null,
            withMask ? Mask!.Keep() : null);
    }
}

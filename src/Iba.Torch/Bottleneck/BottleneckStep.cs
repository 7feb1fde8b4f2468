using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// One step of the optimisation for N rows that go through the tail together: from alpha to the loss and its gradient (Schulz et al. 2020,
/// section 3.2). Rows share the noise, nothing else. The tensors belong to the dispose scope around the constructor.
/// </summary>
internal sealed class BottleneckStep
{
    private static readonly Scalar _one = 1;

    private readonly TargetQuestion _question;
    private readonly BottleneckOptions _options;
    private readonly NoiseSource _noise;
    private readonly TailMode _mode;
    private readonly int _channelDimension;
    private readonly bool _channelsLast;

    /// <summary>Prepares what does not change from step to step.</summary>
    /// <param name="activation">What the head computed for the rows.</param>
    /// <param name="question">What has to be kept of the rows.</param>
    /// <param name="statistics">The layer's statistics, on the features' device.</param>
    /// <param name="options">The options.</param>
    /// <param name="noise">The noise.</param>
    /// <param name="positions">bool <c>[N, positions...]</c>: which positions exist; null: all.</param>
    /// <param name="mode">How the tail is run.</param>
    public BottleneckStep(
        Activation activation, TargetQuestion question, LayerStatistics statistics, BottleneckOptions options, NoiseSource noise, Tensor? positions,
        TailMode mode = TailMode.Plain)
    {
        _mode = mode;
        _question = question;
        _options = options;
        _noise = noise;
        _channelDimension = statistics.ChannelDimension;
        var features = activation.Features.dtype == ScalarType.Float64 ? activation.Features : activation.Features.to_type(ScalarType.Float32);
        _channelsLast = MemoryLayout.IsChannelsLast(features);
        Features = features.detach().contiguous();
        Flow = new RestrictedFlow(Features, statistics, options, positions);
    }

    /// <summary>The features in the plain layout, float32 or float64, <c>[N, ...]</c>.</summary>
    public Tensor Features { get; }

    /// <summary>The bottleneck itself.</summary>
    public RestrictedFlow Flow { get; }

    /// <summary>One forward and backward pass: the gradient of the summed losses with respect to alpha, <c>[N, ...]</c>.</summary>
    /// <param name="alpha"><c>[N, ...]</c>.</param>
    /// <param name="step">0 to T - 1: which noise.</param>
    public (Tensor Gradient, BottleneckForward Forward) Run(Tensor alpha, int step)
    {
        using var noGrad = no_grad();
        var mask = Flow.Lambda(alpha);
        var noise = Noise(step);
        var noisy = Noisy(Flow.Mix(mask), noise).requires_grad_();
        var (modelLoss, reading) = ModelLoss(noisy);
        var (ofConstant, ofScale) = SumsOverCopies(noisy.grad!, noise);
        var information = Flow.Information(mask);
        var loss = modelLoss.add(information, _options.Beta);
        return (Flow.Gradient(alpha, mask, ofConstant, ofScale), new(loss, modelLoss, information, reading, mask));
    }

    /// <summary>What the target reads of the noisy copies under a mask, <c>[N, K, M]</c>.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="step">Which noise.</param>
    public Tensor Read(Mask mask, int step) => Read(Noisy(Flow.Mix(mask), Noise(step)));

    private Tensor Read(Tensor noisy) => _question.Read(Flow.Clamped(noisy), _mode);

    /// <summary>Forwards and backwards through the tail; leaves the gradient with the noisy copies.</summary>
    private (Tensor PerRow, Tensor Reading) ModelLoss(Tensor noisy)
    {
        using var grad = enable_grad();
        var reading = Read(noisy);
        var modelLoss = _question.Loss(reading, _options.Loss).mean([1]);
        _question.Tail.Backward(modelLoss.sum());
        return (modelLoss.detach(), reading.detach());
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

    private Tensor Noise(int step)
        => _noise.Draw(step, _options.CopiesOf(step), Features.shape.AsSpan(1), _channelDimension, Features.dtype, Features.device, _channelsLast);
}

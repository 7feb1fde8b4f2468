using Iba.Onnx;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Benchmarks;

/// <summary>Finds out where the time of a heat map goes: times the whole, and its parts one by one, as often as the order has images.</summary>
internal sealed class ProfileWork : IWork
{
    private readonly WorkOrder _order;
    private readonly OnnxNetwork _network;
    private readonly SplitNetwork _split;
    private readonly TailParts _tail;
    private readonly LayerStatistics _statistics;
    private readonly BottleneckOptions _options;
    private readonly PerSampleBottleneck _bottleneck;
    private readonly SeededNoise _noise = new(0);
    private readonly Tensor _image;

    public ProfileWork(WorkOrder order)
    {
        _order = order;
        _network = order.Load();
        _split = _network.Split(order.Layer);
        _tail = new TailParts(_network, _network.TensorOf(order.Layer));
        _statistics = BottleneckWork.Statistics(_split, order.Size);
        _options = new BottleneckOptions { Steps = order.Steps, NoiseCopies = order.Copies };
        _bottleneck = new PerSampleBottleneck(_split, _statistics, _options);
        _image = Images.Random(1, order.Size);
    }

    public HeatmapProfile? Profile { get; private set; }

    /// <summary>Touches everything; its times do not count.</summary>
    public void WarmUp() => Measure(new Laps());

    public void Run()
    {
        var laps = new Laps();
        for (int i = 0; i < _order.Images; i++) Measure(laps);
        Profile = new HeatmapProfile
        {
            Whole = laps["whole"],
            Head = laps["head"],
            Clean = laps["clean"],
            Step = laps["gradient"] + laps["adam"],
            TailForward = laps["tail forward"],
            TailBackward = laps["tail backward"],
            Mask = laps["mask"],
            Capacity = laps["capacity"],
            MaskGradient = laps["mask gradient"],
            Adam = laps["adam"],
            TailParts = _tail.ByKind(laps),
            HeadShare = _split.Layer.CostShare,
            BestRate = 1000 * LargeConvolution.GigaFlop / laps.Least(LargeConvolution.Name),
        };
    }

    private void Measure(Laps laps)
    {
        using var scope = NewDisposeScope();
        laps.Time("whole", () =>
        {
            using var head = _split.Head([_image]);
            using var result = _bottleneck.Explain(head);
            Heatmap.FromCapacity(result.Capacity, 1, _order.Size, _order.Size);
        });

        using var activation = laps.Time("head", () => _split.Head([_image]));
        var classifier = new TailClassifier(_split, OutputKind.Logits);
        var clean = laps.Time("clean", () => Clean(classifier, activation));
        var target = clean.argmax(1);

        var features = activation.Features.contiguous();
        var alpha = full_like(features, _options.InitialAlpha);
        var step = new BottleneckStep(activation, new ClassQuestion(classifier, activation, clean, target), _statistics, _options, _noise, positions: null);
        using var adam = new Adam(alpha, _options.LearningRate);
        var (gradient, _) = laps.Time("gradient", () => step.Run(alpha, 0));
        laps.Time("adam", () => adam.Step(alpha, gradient));

        var flow = new RestrictedFlow(features, _statistics, _options, positions: null);
        var mask = laps.Time("mask", () => flow.Lambda(alpha));
        laps.Time("capacity", () => flow.Information(mask));
        var (constant, scale) = flow.Mix(mask);
        laps.Time("mask gradient", () => flow.Gradient(alpha, mask, constant, scale));

        var copies = MemoryLayout.Dense(features.repeat(_order.Copies, 1, 1, 1), MemoryLayout.IsChannelsLast(activation.Features));
        var input = copies.detach().requires_grad_();
        var scores = laps.Time("tail forward", () => classifier.LogProbabilities(input.unsqueeze(0), activation));
        var loss = _options.Loss.Evaluate(scores, target, clean).sum();
        laps.Time("tail backward", () => classifier.Backward(loss));
        _tail.Run(copies, laps);
        LargeConvolution.Run(laps);
    }

    private static Tensor Clean(TailClassifier classifier, Activation activation)
    {
        using var noGrad = no_grad();
        return classifier.LogProbabilities(activation.Features.unsqueeze(1), activation).squeeze(1);
    }

    public void Dispose()
    {
        _image.Dispose();
        _noise.Dispose();
        _bottleneck.Dispose();
        _statistics.Dispose();
        _split.Dispose();
        _network.Dispose();
    }
}

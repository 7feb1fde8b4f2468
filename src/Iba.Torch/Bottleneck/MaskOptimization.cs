using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The optimisation of the masks of the rows of a pass: T steps, each row with its own mask, Adam state and loss.</summary>
/// <param name="pass">The rows.</param>
/// <param name="statistics">The layer's statistics, on the features' device.</param>
/// <param name="options">The options.</param>
/// <param name="noise">The noise.</param>
/// <param name="tail">What the tail is computed in.</param>
internal sealed class MaskOptimization(AttributionPass pass, LayerStatistics statistics, BottleneckOptions options, NoiseSource noise, TailPrecisionChoice tail)
{
    /// <summary>Optimises the masks; the result's tensors belong to the dispose scope around the call.</summary>
    public BottleneckResult Run()
    {
        var step = new BottleneckStep(pass.Activation, pass.Question, statistics, options, noise, pass.Mask, tail.Mode);
        var alpha = full_like(step.Features, options.InitialAlpha);
        using var adam = new Adam(alpha, options.LearningRate);
        var forwards = new List<BottleneckForward>();
        for (int index = 0; index < options.Steps; index++)
        {
            pass.ThrowIfCancelled();
            using var scope = NewDisposeScope();
            var (gradient, forward) = step.Run(alpha, index);
            adam.Step(alpha, gradient);
            forwards.Add(forward.Keep(withMask: index == options.Steps - 1));
        }

        using var grad = no_grad();
        var finished = step.Flow.Lambda(alpha);
        var last = forwards[^1];
        var underBottleneck = options.EvaluateFinishedMask ? step.Read(finished, options.Steps - 1) : last.Reading!;
        var capacity = step.Flow.Capacity(finished);
        var lastForwardCapacity = step.Flow.Capacity(last.Mask!);
        var (reported, channels) = pass.Arrange(options.MapsLastForward ? lastForwardCapacity : capacity);
        return new BottleneckResult(pass, Heatmap.BitsPerPosition(reported, channels))
        {
            Capacity = capacity,
            LastForwardCapacity = lastForwardCapacity,
            Alpha = alpha,
            Loss = stack(forwards.Select(forward => forward.Loss), 1),
            ModelLoss = stack(forwards.Select(forward => forward.ModelLoss), 1),
            Information = stack(forwards.Select(forward => forward.Information), 1),
            ProbabilitiesWithBottleneck = pass.Question.Report(underBottleneck).mean([1]),
            MapsLastForward = options.MapsLastForward,
            Tail = tail,
        };
    }
}

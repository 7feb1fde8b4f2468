using System.Globalization;
using Iba.Torch;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

public sealed partial class IbaTransformer
{
    /// <summary>
    /// The same explainer with other settings, without a new Fit: what was measured of the layer holds for any of them. Gives what a Fit on the same
    /// rows with these settings gives, bit by bit.
    /// </summary>
    /// <param name="beta">Weight of the information term, 0 to 1e9. Null (default): as here.</param>
    /// <param name="seed">Seed of the noise. Null (default): as here.</param>
    /// <param name="steps">Optimisation steps, 1 to 1,000,000. Null (default): as here.</param>
    /// <param name="target">
    /// What is explained of each row: a question about one class or two, as here; <see cref="ExplanationTarget.Label"/> only where this has a column of
    /// labels. Null (default): as here.
    /// </param>
    /// <returns>
    /// Another transformer, disposed by the caller. It shares network and statistics with this one; either may be disposed first, and what came with a
    /// model file is disposed with the last of them.
    /// </returns>
    /// <exception cref="ArgumentException">A value is out of its range, or labels are asked for where there is no column of them.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public IbaTransformer With(double? beta = null, long? seed = null, int? steps = null, ExplanationTarget? target = null)
    {
        var bottleneck = Changed(Bottleneck, beta, seed, steps);
        EstimatorPlan.Translate(Host, () =>
        {
            bottleneck.Validate();
            PerSampleBottleneck.CheckLoss(bottleneck.Loss, target ?? Settings.Target);
        });
        var settings = target == null ? Settings : Settings with { Target = target, LabelColumnName = target.NeedsLabels ? Settings.LabelColumnName : null };
        if (target != null) CheckTarget(target, settings);
        var further = _furtherLayers.Select(layer => layer with { Bottleneck = Changed(layer.Bottleneck, beta, seed, steps), Statistics = layer.Statistics.Share() }).ToArray();
        return Variant(settings, bottleneck, further, Changed(beta, seed, steps, target));
    }

    private IbaTransformer Variant(RowSettings settings, BottleneckOptions bottleneck, IReadOnlyList<MeasuredLayer> further, FitRecord fit)
    {
        var network = Explainer.ShareNetwork();
        try
        {
            return new IbaTransformer(Host, settings, bottleneck, _tail, network, _statistics.Share(), Explainer.Fingerprint, further)
            {
                Fit = fit,
                Model = Model?.Share(),
                Progress = Progress,
                RowsPerPass = RowsPerPass,
                PassesAtOnce = PassesAtOnce,
                MemoryBudget = MemoryBudget,
                Threads = Threads,
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static BottleneckOptions Changed(BottleneckOptions bottleneck, double? beta, long? seed, int? steps)
    {
        bottleneck = bottleneck.Copy();
        bottleneck.Beta = beta ?? bottleneck.Beta;
        bottleneck.Seed = seed ?? bottleneck.Seed;
        bottleneck.Steps = steps ?? bottleneck.Steps;
        return bottleneck;
    }

    // Other questions need other columns, or numbers that only a Fit measures.
    private void CheckTarget(ExplanationTarget target, RowSettings settings)
    {
        Host.CheckUserArg(
            IsOfClasses(target) && IsOfClasses(Settings.Target), nameof(target),
            $"The target cannot become '{target}' where it is '{Settings.Target}': without a new Fit only questions about one class, or two, replace each other, that read no columns of their own. Fit an explainer for it.");
        Host.CheckUserArg(
            target.LargestIndex < Settings.ClassCount, nameof(target), $"The target is '{target}', but the network has {Settings.ClassCount} classes: 0 to {Settings.ClassCount - 1}.");
        Host.CheckUserArg(
            !target.NeedsLabels || settings.LabelColumnName != null,
            nameof(target), $"This explainer was fitted without a column of labels: set {nameof(AttributionOptions.LabelColumnName)} before Fit, or name a class.");
        Host.CheckUserArg(
            target is OneClassTarget || Settings.Outputs.All(output => output.Kind is not OutputColumnKind.Degradation and not OutputColumnKind.ProbabilityKept),
            nameof(target), $"The target is '{target}', but this explainer has columns that judge maps, which follow the probability of one class.");

        static bool IsOfClasses(ExplanationTarget target) => target is { IsOfClasses: true, IsStack: false, Columns.Count: 0 };
    }

    // What is said of where maps come from holds for the settings that made them.
    private FitRecord Changed(double? beta, long? seed, int? steps, ExplanationTarget? target)
    {
        var fit = Fit;
        if (beta is { } price) fit = fit.With(nameof(IbaEstimator.Options.Beta), price.ToString(CultureInfo.InvariantCulture));
        if (seed is { } number) fit = fit.With(nameof(IbaEstimator.Options.Seed), number.ToString(CultureInfo.InvariantCulture));
        if (steps is { } count) fit = fit.With(nameof(IbaEstimator.Options.Steps), count.ToString(CultureInfo.InvariantCulture));
        if (target == null) return fit;
        if (!target.NeedsLabels) fit = fit.With(nameof(AttributionOptions.LabelColumnName), null);
        return fit.With(nameof(AttributionOptions.TargetIndex), null).With(nameof(AttributionOptions.Target), target.Name);
    }
}

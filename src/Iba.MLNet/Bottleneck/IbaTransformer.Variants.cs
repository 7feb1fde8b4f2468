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
    /// What is explained of each row; <see cref="ExplanationTarget.Label"/> only where this has a column of labels. Null (default): as here.
    /// </param>
    /// <returns>
    /// Another transformer, disposed by the caller. It shares network and statistics with this one; either may be disposed first, and what came with a
    /// model file is disposed with the last of them.
    /// </returns>
    /// <exception cref="ArgumentException">A value is out of its range, or labels are asked for where there is no column of them.</exception>
    /// <exception cref="ObjectDisposedException">This transformer was disposed.</exception>
    public IbaTransformer With(double? beta = null, long? seed = null, int? steps = null, ExplanationTarget? target = null)
    {
        var bottleneck = Bottleneck.Copy();
        bottleneck.Beta = beta ?? bottleneck.Beta;
        bottleneck.Seed = seed ?? bottleneck.Seed;
        bottleneck.Steps = steps ?? bottleneck.Steps;
        EstimatorPlan.Translate(Host, bottleneck.Validate);
        var settings = target == null ? Settings : Settings with { Target = target, LabelColumnName = target == ExplanationTarget.Label ? Settings.LabelColumnName : null };
        Host.CheckUserArg(
            target != ExplanationTarget.Label || settings.LabelColumnName != null,
            nameof(target), $"This explainer was fitted without a column of labels: set {nameof(AttributionOptions.LabelColumnName)} before Fit, or name a class.");
        return Variant(settings, bottleneck, Changed(beta, seed, steps, target));
    }

    private IbaTransformer Variant(RowSettings settings, BottleneckOptions bottleneck, FitRecord fit)
    {
        var network = Explainer.ShareNetwork();
        try
        {
            return new IbaTransformer(Host, settings, bottleneck, network, _statistics.Share(), Explainer.Fingerprint)
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

    // What is said of where maps come from holds for the settings that made them.
    private FitRecord Changed(double? beta, long? seed, int? steps, ExplanationTarget? target)
    {
        var fit = Fit;
        if (beta is { } price) fit = fit.With(nameof(IbaEstimator.Options.Beta), price.ToString(CultureInfo.InvariantCulture));
        if (seed is { } number) fit = fit.With(nameof(IbaEstimator.Options.Seed), number.ToString(CultureInfo.InvariantCulture));
        if (steps is { } count) fit = fit.With(nameof(IbaEstimator.Options.Steps), count.ToString(CultureInfo.InvariantCulture));
        if (target == null) return fit;
        if (target != ExplanationTarget.Label) fit = fit.With(nameof(AttributionOptions.LabelColumnName), null);
        return fit.With(nameof(AttributionOptions.TargetIndex), null).With("Target", target.Name);
    }
}

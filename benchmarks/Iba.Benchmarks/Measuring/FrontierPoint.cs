using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>What a <see cref="FrontierSetting"/> costs, and what its maps are worth. Arrays have a number for each photograph, a mean over the setting's seeds.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Seconds">Processor time of one map.</param>
/// <param name="Correlation">The correlation of a map with the mean map of the paper's setting over the other seeds.</param>
/// <param name="Bits">Its bits, divided by those of that mean map.</param>
/// <param name="Scatter">How far maps lie from the setting's own mean over seeds, as a share of that: root of the mean squares of pixels.</param>
/// <param name="BitsScatter">The standard deviation of a map's bits over seeds, as a share of their mean.</param>
/// <param name="Degradation">The integral between the two curves of the degradation test.</param>
internal sealed record FrontierPoint(
    FrontierSetting Setting, Sample Seconds, double[] Correlation, double[] Bits, double[] Scatter, double[] BitsScatter, double[] Degradation)
{
    /// <summary>The mean correlation, less another setting's, over photographs.</summary>
    public ConfidenceInterval CorrelationOver(FrontierPoint other) => Bootstrap.MeanDifference(Correlation, other.Correlation);

    /// <summary>The mean integral of the degradation test, less another setting's, over photographs.</summary>
    public ConfidenceInterval DegradationOver(FrontierPoint other) => Bootstrap.MeanDifference(Degradation, other.Degradation);
}

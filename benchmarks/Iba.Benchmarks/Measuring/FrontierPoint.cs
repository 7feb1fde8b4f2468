namespace Iba.Benchmarks;

/// <summary>What a <see cref="FrontierSetting"/> costs, and what its maps are worth.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Seconds">Processor time of one map.</param>
/// <param name="Correlation">The correlation of its maps with the mean map of the paper's setting over other seeds, one for each photograph and seed.</param>
/// <param name="Bits">Their bits, divided by those of that mean map.</param>
/// <param name="Degradation">The integral between the two curves of the degradation test, one for each photograph and seed.</param>
internal sealed record FrontierPoint(FrontierSetting Setting, Sample Seconds, double[] Correlation, double[] Bits, double[] Degradation);

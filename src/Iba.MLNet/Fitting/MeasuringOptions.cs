namespace Iba.MLNet;

/// <summary>How a layer is measured.</summary>
/// <param name="PerChannelStatistics">Per channel over all positions, or per neuron; null: what the input asks for.</param>
/// <param name="ActiveThreshold">A neuron takes part when it is not 0 in more than this share of the rows.</param>
/// <param name="ClampToRelu">Whether noisy features are to be clamped at 0.</param>
/// <param name="MeasuresOutputs">Whether the network's outputs are measured, too, for the scale of a target.</param>
internal sealed record MeasuringOptions(bool? PerChannelStatistics, double ActiveThreshold, bool ClampToRelu, bool MeasuresOutputs = false);

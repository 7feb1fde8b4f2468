using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What Fit learned from the data.</summary>
/// <param name="Input">The inputs, with the dimension of the explained one's channels decided.</param>
/// <param name="Statistics">Owned by the receiver.</param>
/// <param name="FeatureShape">The shape of one row of features; -1 where rows differ.</param>
/// <param name="ClassCount">The number of classes.</param>
/// <param name="Output">What the network's outputs are; never <see cref="OutputKind.Auto"/>.</param>
internal sealed record LayerMeasurement(
    InputLayout Input, LayerStatistics Statistics, IReadOnlyList<long> FeatureShape, int ClassCount, OutputKind Output);

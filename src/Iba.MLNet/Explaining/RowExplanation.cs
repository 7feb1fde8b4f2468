using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What the bottleneck found for one row.</summary>
/// <param name="Heatmap">Bits per pixel or position, row-major.</param>
/// <param name="MapSize">The heat map's size, <c>[H, W]</c> or <c>[L]</c>.</param>
/// <param name="TotalBits">The heat map's sum.</param>
/// <param name="Target">The explained class.</param>
/// <param name="Scores">Class probabilities without bottleneck.</param>
/// <param name="ScoresWithBottleneck">Class probabilities under the bottleneck.</param>
/// <param name="Capacity">Nats per neuron; null where nobody asked.</param>
/// <param name="Picture">What the network saw of an image; null for other inputs.</param>
internal sealed record RowExplanation(
    float[] Heatmap,
    IReadOnlyList<long> MapSize,
    float TotalBits,
    int Target,
    float[] Scores,
    float[] ScoresWithBottleneck,
    float[]? Capacity,
    RgbImage? Picture);

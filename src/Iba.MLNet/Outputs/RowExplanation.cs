using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What a method found for one row.</summary>
/// <param name="Heatmap">One value per pixel or position, row-major.</param>
/// <param name="MapSize">The map's size, <c>[H, W]</c> or <c>[L]</c>; the input's or the layer's.</param>
/// <param name="InputSize">The size of what is explained, <c>[H, W]</c> or <c>[L]</c>.</param>
/// <param name="Total">The map's sum.</param>
/// <param name="Target">The explained class.</param>
/// <param name="Scores">Class probabilities.</param>
/// <param name="ScoresWithBottleneck">Class probabilities under the bottleneck; null for other methods.</param>
/// <param name="Capacity">Nats per neuron; null where nobody asked, and for other methods.</param>
/// <param name="Picture">What the network saw of an image; null for other inputs.</param>
internal sealed record RowExplanation(
    float[] Heatmap,
    IReadOnlyList<long> MapSize,
    IReadOnlyList<long> InputSize,
    float Total,
    int Target,
    float[] Scores,
    float[]? ScoresWithBottleneck,
    float[]? Capacity,
    RgbImage? Picture)
{
    /// <summary>The maps of further methods, like <see cref="Heatmap"/>.</summary>
    public IReadOnlyList<float[]> FurtherMaps { get; init; } = [];

    /// <summary>The map at the layer's own size.</summary>
    public required float[] LayerMap { get; init; }

    /// <summary>That size, <c>[h, w]</c> or <c>[l]</c>.</summary>
    public required IReadOnlyList<long> LayerMapSize { get; init; }

    /// <summary>The standard deviation between the maps of several seeds, like <see cref="Heatmap"/>; null where there is one seed.</summary>
    public float[]? Deviation { get; init; }

    /// <summary>The standard deviation between the totals of several seeds; NaN where there is one seed.</summary>
    public float TotalDeviation { get; init; } = float.NaN;

    /// <summary>The map of a method.</summary>
    /// <param name="method">0: the first.</param>
    public float[] Map(int method) => method == 0 ? Heatmap : FurtherMaps[method - 1];
}

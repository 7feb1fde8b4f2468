using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What a method found for one row.</summary>
/// <param name="Heatmap">One value per pixel or position, row-major; the maps of several questions one after the other.</param>
/// <param name="MapSize">The map's size, <c>[H, W]</c> or <c>[L]</c>; the input's or the layer's.</param>
/// <param name="InputSize">The size of what is explained, <c>[H, W]</c> or <c>[L]</c>.</param>
/// <param name="Totals">The map's sum, for each question.</param>
/// <param name="Targets">The explained class, for each question.</param>
/// <param name="Scores">Class probabilities.</param>
/// <param name="ScoresWithBottleneck">Class probabilities under the bottleneck, question after question; null for other methods.</param>
/// <param name="Capacity">Nats per neuron, question after question; null where nobody asked, and for other methods.</param>
/// <param name="Picture">What the network saw of an image; null for other inputs.</param>
internal sealed record RowExplanation(
    float[] Heatmap,
    IReadOnlyList<long> MapSize,
    IReadOnlyList<long> InputSize,
    float[] Totals,
    int[] Targets,
    float[] Scores,
    float[]? ScoresWithBottleneck,
    float[]? Capacity,
    RgbImage? Picture)
{
    /// <summary>The maps of further methods or layers, like <see cref="Heatmap"/>.</summary>
    public IReadOnlyList<float[]> FurtherMaps { get; init; } = [];

    /// <summary>The sum of the maps of all layers.</summary>
    public float[] LayerSum => FurtherMaps.Aggregate(Heatmap, (sum, map) => [.. sum.Zip(map, (one, other) => one + other)]);

    /// <summary>The maps of all layers, one after the other.</summary>
    public float[] LayerStack => [.. Heatmap, .. FurtherMaps.SelectMany(map => map)];

    /// <summary>The integral of the degradation test of <see cref="Heatmap"/>; NaN where nobody asked, or there is none.</summary>
    public float Degradation { get; init; } = float.NaN;

    /// <summary>The target's probability under the bottleneck, divided by that without; NaN where there is no such quotient.</summary>
    public float ProbabilityKept => ScoresWithBottleneck is { } kept && Targets is [var target] && Scores[target] > 0 ? kept[target] / Scores[target] : float.NaN;

    /// <summary>The explained boxes, four numbers for each question; null for other targets.</summary>
    public float[]? Boxes { get; init; }

    /// <summary>The map of the first question.</summary>
    public float[] FirstMap => Totals.Length == 1 ? Heatmap : Heatmap[..(Heatmap.Length / Totals.Length)];

    /// <summary>The map at the layer's own size; the maps of several questions one after the other.</summary>
    public required float[] LayerMap { get; init; }

    /// <summary>That size, <c>[h, w]</c> or <c>[l]</c>.</summary>
    public required IReadOnlyList<long> LayerMapSize { get; init; }

    /// <summary>The standard deviation between the maps of several seeds, like <see cref="Heatmap"/>; null where there is one seed.</summary>
    public float[]? Deviation { get; init; }

    /// <summary>The standard deviation between the totals of several seeds, for each question; none where there is one seed.</summary>
    public float[] TotalDeviations { get; init; } = [];

    /// <summary>The map of a method, or of a layer.</summary>
    /// <param name="method">0: the first.</param>
    public float[] Map(int method) => method == 0 ? Heatmap : FurtherMaps[method - 1];
}

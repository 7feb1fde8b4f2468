using Iba.Torch;

namespace Iba.Evaluation;

/// <summary>A method that takes part, and where the network is cut for it.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="Layer">The layer; null: the explained input.</param>
/// <param name="Make">Makes the method for the cut; the statistics are those of the layer, null at the input.</param>
internal sealed record Contender(string Name, string? Layer, Func<LayerStatistics?, AttributionMethod> Make)
{
    /// <summary>Whether the method needs the layer's statistics.</summary>
    public bool NeedsStatistics { get; init; }

    public static Contender AtInput(AttributionMethod method, string name) => new(name, null, _ => method);

    public static Contender AtLayer(AttributionMethod method, string name, string layer) => new($"{name}, {layer}", layer, _ => method);

    /// <summary>The information bottleneck with the paper's settings but for what is given.</summary>
    public static Contender Bottleneck(string layer, double beta = 10, double sigma = 1)
        => new($"bottleneck, {layer}", layer, statistics => new PerSampleBottleneck(statistics!, new BottleneckOptions { Beta = beta, Sigma = sigma })) { NeedsStatistics = true };
}

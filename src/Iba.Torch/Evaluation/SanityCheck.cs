using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The sanity check by cascading randomisation: weights become noise, layer after layer from the output to the input, and the maps are compared with
/// those of the trained network. A map that stays as it was does not explain the network.
/// </summary>
/// <remarks>
/// The result is the similarity at each stage (see <see cref="MapSimilarity"/>), -1 to 1; lower is better, near 0 once many layers are noise. A similarity can
/// be high for a bad reason (blank borders, edges of the picture that any convolution finds), so compare methods with each other. The weights are restored
/// afterwards, bit for bit. Adebayo et al. 2018, "Sanity checks for saliency maps", section 3.1.
/// </remarks>
public sealed class SanityCheck
{
    /// <summary>The seed of the noise; the n-th layer gets noise of seed + n. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// After how many layers maps are compared: this many stages, evenly spread, the last with all layers noise. At least 1. Null (default): after each of
    /// <see cref="Network.WeightLayers"/>; each stage computes all maps anew.
    /// </summary>
    public int? Stages { get; init; }

    /// <summary>Runs the cascade.</summary>
    /// <param name="network">The network; its weights are noise during the call.</param>
    /// <param name="explain">
    /// Computes the maps that are checked, float <c>[N, H, W]</c>, always of the same rows and the same classes (name them by
    /// <see cref="ExplanationTarget.Label"/>: the predictions change). It is called once more than there are stages; its results are disposed. Cuts made
    /// before the call compute with the noise, too; statistics that a method needs may be kept or measured anew, say which.
    /// </param>
    /// <param name="cancellation">Ends the work between two stages.</param>
    /// <returns>The stages of each row, in their order.</returns>
    /// <exception cref="ArgumentException">The network has no layers with weights, or the maps are no pictures of one size.</exception>
    /// <exception cref="NotSupportedException">The network does not tell its weights.</exception>
    public IReadOnlyList<IReadOnlyList<SanityCheckStage>> Measure(Network network, Func<Tensor> explain, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(explain);
        string[] layers = [.. network.WeightLayers.Reverse()];
        if (layers.Length == 0) throw new ArgumentException($"The network names no layers with weights: override {nameof(Network.WeightLayers)} in it.", nameof(network));
        if (Stages < 1) throw new ArgumentException($"{nameof(Stages)} is {Stages}; allowed: at least 1, or null.");
        int stages = Math.Min(Stages ?? layers.Length, layers.Length);
        using var original = explain();
        // Before weights become noise, and whatever the shape.
        _ = MapComparison.Measure(original, original);
        List<SanityCheckStage>[] results = [.. Enumerable.Range(0, (int)original.shape[0]).Select(_ => new List<SanityCheckStage>())];
        var noise = new Stack<IDisposable>();
        try
        {
            for (int stage = 1; stage <= stages; stage++)
            {
                cancellation.ThrowIfCancellationRequested();
                int reached = (int)((long)stage * layers.Length / stages);
                while (noise.Count < reached) noise.Push(network.RandomizeWeights(layers[noise.Count], Seed + noise.Count));
                using var maps = explain();
                var similarities = MapComparison.Measure(original, maps);
                for (int row = 0; row < results.Length; row++) results[row].Add(new SanityCheckStage(layers[reached - 1], reached, similarities[row]));
            }
        }
        finally
        {
            while (noise.TryPop(out var last)) last.Dispose();
        }

        return results;
    }
}

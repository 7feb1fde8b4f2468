namespace Iba.Torch;

/// <summary>A stage of a <see cref="SanityCheck"/> of one row.</summary>
/// <param name="Layer">The layer, nearest to the input, whose weights are noise.</param>
/// <param name="RandomLayers">How many layers are noise, counted from the output.</param>
/// <param name="Similarity">How alike the map is to the trained network's; lower is better.</param>
public sealed record SanityCheckStage(string Layer, int RandomLayers, MapSimilarity Similarity);

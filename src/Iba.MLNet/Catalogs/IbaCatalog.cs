using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds attribution by information bottleneck to <see cref="TransformsCatalog"/>.</summary>
public static class IbaCatalog
{
    /// <summary>
    /// Create an <see cref="IbaEstimator"/>, which explains the predictions of a classifier: which pixels (or words, or bytes) did it
    /// need, in bits?
    /// </summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="outputColumnName">
    /// Name of the column of heat maps: a vector of <see cref="float"/> of dimensions <c>[H, W]</c>, in bits per pixel.
    /// </param>
    /// <param name="inputColumnName">
    /// Name of the column to explain: an image, or a vector of <see cref="float"/>, integers or keys. Null: named as the output.
    /// </param>
    /// <param name="network">The classifier. Stays the caller's.</param>
    /// <param name="layer">The layer whose features pass the bottleneck, a name out of <see cref="Network.Layers"/>.</param>
    /// <param name="preprocessing">How images become the network's input; for an image column only.</param>
    /// <param name="labelColumnName">A column with the class to explain, an integer or a key. Null: the predicted class.</param>
    /// <param name="beta">Weight of the information term; larger lets less information pass.</param>
    /// <param name="seed">Seed of the noise. Null: drawn from the context's random numbers.</param>
    public static IbaEstimator Iba(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        Network network,
        string layer,
        ImagePreprocessing? preprocessing = null,
        string? labelColumnName = null,
        double beta = BottleneckDefaults.Beta,
        int? seed = null)
        => catalog.Iba(new IbaEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Network = network,
            Layer = layer,
            Preprocessing = preprocessing,
            LabelColumnName = labelColumnName,
            Beta = beta,
            Seed = seed,
        });

    /// <summary>Create an <see cref="IbaEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="options">The options; copied.</param>
    public static IbaEstimator Iba(this TransformsCatalog catalog, IbaEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
